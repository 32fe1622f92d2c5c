//! What comes up by itself: after an incident, this week, this release, this month.

use super::{Done, Due, List, Rhythm, Seen};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// Days in which an incident is to be covered where the contract has no target.
const COVER: i64 = 14;
/// Days in which a covered incident is to be closed.
const CLOSE: i64 = 14;
/// Days before which what expires is told.
const AHEAD: i64 = 14;
/// Days that a proposal waits for a person.
const PROPOSAL: i64 = 7;

/// So many days later; the day itself at the end of time.
fn later(day: Date, days: i64) -> Date {
    day.checked_add(days.days()).unwrap_or(day)
}

/// The Friday of a week that begins on Monday; on a weekend the one to come.
fn friday(today: Date) -> Date {
    let since_monday = i64::from(today.weekday().to_monday_zero_offset());
    let to_friday = i64::from(Weekday::Friday.to_monday_zero_offset()) - since_monday;
    later(today, if to_friday < 0 { to_friday + 7 } else { to_friday })
}

fn plural(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

impl List<'_> {
    pub(super) fn after_incidents(&mut self, seen: &Seen) {
        let target = if self.contract.cover_incidents_within.is_some() {
            "the contract's target"
        } else {
            "no target is set; two weeks are taken"
        };
        for incident in &seen.incidents {
            let (id, rhythm) = (&incident.id, Rhythm::AfterIncident);
            let due = match incident.covered {
                None => Due {
                    name: format!("cover-{id}"),
                    rhythm,
                    what: format!("cover incident {id} by an example that a gate sees"),
                    why: format!("open since {}; {target}", incident.opened),
                    due: incident.cover_by.unwrap_or_else(|| later(incident.opened, COVER)),
                    command: format!("plimsoll incident cover {id}"),
                },
                Some(covered) => Due {
                    name: format!("close-{id}"),
                    rhythm,
                    what: format!("close incident {id}: show that a gate would now block its release"),
                    why: format!("covered on {covered}"),
                    due: later(covered, CLOSE),
                    command: format!("plimsoll incident close {id}"),
                },
            };
            self.add(&[&incident.owner], due);
        }
    }

    pub(super) fn this_week(&mut self, seen: &Seen, today: Date) {
        let (rhythm, friday) = (Rhythm::ThisWeek, friday(today));
        for (queue, count) in &seen.queues {
            let due = Due {
                name: format!("label-{queue}-{friday}"),
                rhythm,
                what: format!("label {} of queue {queue}", plural(*count, "item")),
                why: "a judge is only as good as its last labels".to_owned(),
                due: friday,
                command: format!("plimsoll review next {queue}"),
            };
            self.add(&["review", "rubric"], due);
        }
        if seen.disputes > 0 {
            let due = Due {
                name: format!("settle-{friday}"),
                rhythm,
                what: format!("settle {}", plural(seen.disputes, "dispute")),
                why: "a disputed example is quarantined until somebody else settles it".to_owned(),
                due: friday,
                command: "plimsoll review disputes".to_owned(),
            };
            self.add(&["policy", "rubric"], due);
        }
        if let Some(waiting) = &seen.proposals {
            let due = Due {
                name: format!("proposals-{friday}"),
                rhythm,
                what: format!("accept or decline {}", plural(waiting.count, "proposed example")),
                why: format!("the oldest waits since {}; nothing proposed is ever counted", waiting.since),
                due: later(waiting.since, PROPOSAL).min(friday),
                command: "plimsoll examples list --status proposed".to_owned(),
            };
            self.add(&["release"], due);
        }
    }

    pub(super) fn this_release(&mut self, seen: &Seen, today: Date) {
        let (rhythm, friday) = (Rhythm::ThisRelease, friday(today));
        let done = |day: Date| Done { at: day.to_string(), by: "a recorded decision".to_owned() };
        let decide = Due {
            name: "decide".to_owned(),
            rhythm,
            what: format!("decide on {}", if seen.candidate.is_empty() { "the candidate" } else { &seen.candidate }),
            why: "no record says that it may be released".to_owned(),
            due: seen.decided.unwrap_or(friday),
            command: "plimsoll run".to_owned(),
        };
        self.add(&["release"], decide).done = seen.decided.map(done);
        if seen.errors > 0 {
            let due = Due {
                name: format!("check-{friday}"),
                rhythm,
                what: format!("mend {} of the eval itself", plural(seen.errors, "error")),
                why: "an eval that is not fit to decide decides nothing".to_owned(),
                due: friday,
                command: "plimsoll check".to_owned(),
            };
            self.add(&["release"], due);
        }
        if seen.looks_spent {
            let due = Due {
                name: format!("fresh-sample-{friday}"),
                rhythm,
                what: "draw a fresh reference sample".to_owned(),
                why: "the looks of a gate are spent: the same examples prove nothing more".to_owned(),
                due: friday,
                command: "plimsoll show latest".to_owned(),
            };
            self.add(&["release"], due);
        }
        for (cell, owner) in &seen.stages {
            let due = Due {
                name: format!("monitor-{cell}-{friday}"),
                rhythm,
                what: format!("follow the staged rollout of {cell}"),
                why: "something there is not shown, and the stage ends by evidence".to_owned(),
                due: friday,
                command: "plimsoll monitor outcomes.jsonl".to_owned(),
            };
            self.add(&[owner], due);
        }
        for expiring in seen.calibrations.iter().filter(|expiring| later(today, AHEAD) >= expiring.on) {
            let due = Due {
                name: format!("calibrate-{}-{}", expiring.name, expiring.on),
                rhythm,
                what: format!("calibrate the judge of {} again", expiring.name),
                why: format!("its calibration holds until {}, and without one its gates are unfit", expiring.on),
                due: expiring.on,
                command: format!("plimsoll review calibrate --criterion {} --labels labels.jsonl", expiring.name),
            };
            self.add(&["rubric", "review"], due);
        }
        for expiring in seen.overrides.iter().filter(|expiring| later(today, AHEAD) >= expiring.on) {
            let due = Due {
                name: format!("override-{}", expiring.name),
                rhythm,
                what: format!("end override {}, or decide again", expiring.name),
                why: format!("its last day is {}", expiring.on),
                due: expiring.on,
                command: format!("plimsoll show {}", expiring.name),
            };
            self.add(&["release"], due);
        }
    }

    pub(super) fn this_month(&mut self, seen: &Seen, today: Date) {
        let end = today.last_of_month();
        let month = today.strftime("%Y-%m").to_string();
        let mut monthly = |roles: &[&str], name: &str, what: &str, why: &str, command: &str| {
            let due = Due {
                name: format!("{name}-{month}"),
                rhythm: Rhythm::ThisMonth,
                what: what.to_owned(),
                why: why.to_owned(),
                due: end,
                command: command.to_owned(),
            };
            self.add(roles, due);
        };
        if seen.active > 0 {
            let why = "traffic moves, and a set that does not move with it decides about last year";
            monthly(
                &["product"],
                "drift",
                "lay the reference set beside this month's traffic",
                why,
                "plimsoll drift --last 30d",
            );
            let why = "an example that no longer serves costs labels and hides those that do";
            monthly(
                &["release"],
                "retire",
                "accept, keep or postpone what should leave the set",
                why,
                "plimsoll examples retirements --decide",
            );
        }
        if seen.shipped > 0 {
            let why = "whether the gates foretold anything is seen in production only";
            monthly(
                &["release"],
                "backtest",
                "lay past decisions beside what production did",
                why,
                "plimsoll backtest",
            );
        }
        if seen.rubrics {
            let why = "what a team agrees on may be wrong together: somebody outside it looks";
            monthly(
                &["rubric", "policy"],
                "audit",
                "have agreed labels audited",
                why,
                "plimsoll review audit QUEUE --take 20 --by WHO",
            );
            let why = "policy moves on, and a rubric that does not is labelled against";
            monthly(
                &["rubric", "policy"],
                "rubrics",
                "read the rubrics against the policy in force",
                why,
                "plimsoll check",
            );
        }
        for (day, count) in seen.review_by.iter().filter(|(day, _)| *day <= end) {
            let due = Due {
                name: format!("review-{day}"),
                rhythm: Rhythm::ThisMonth,
                what: format!("look at {} again", plural(*count, "example")),
                why: format!("their review date is {day}"),
                due: *day,
                command: "plimsoll examples stats".to_owned(),
            };
            self.add(&["policy"], due);
        }
    }
}
