//! What comes up by itself: after an incident, this week, this release, this month.

use super::{Agreed, Command, Done, Due, Duty, Expiring, List, OpenIncident, Proposals, Rhythm, Seen, Staged};
use crate::finding::figures::plural;
use crate::review::Purpose;
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

/// The first day of the month that follows.
fn next_month(day: Date) -> Date {
    later(day.last_of_month(), 1)
}

/// Items that somebody outside looks at in a month.
const AUDITED: u64 = 20;

impl List<'_> {
    /// Something that waits since a day, and is due on the Friday of that week.
    fn on_friday(
        &mut self,
        roles: &[&str],
        rhythm: Rhythm,
        name: &str,
        since: Date,
        words: [String; 2],
        command: Command,
    ) {
        let friday = friday(since);
        let [what, why] = words;
        self.add(roles, Due { name: format!("{name}-{friday}"), rhythm, what, why, due: friday, command });
    }

    /// Something of every month, which is due on its last day; of the first month in which nobody did it, from the day on which it came up
    /// first.
    fn monthly(
        &mut self,
        roles: &[&str],
        name: &str,
        (since, today): (Option<Date>, Date),
        words: [&str; 2],
        command: Command,
    ) -> &mut Duty {
        let month = self.month_due(name, since, today);
        let name = format!("{name}-{}", month.strftime("%Y-%m"));
        let [what, why] = words.map(str::to_owned);
        self.add(roles, Due { name, rhythm: Rhythm::ThisMonth, what, why, due: month.last_of_month(), command })
    }

    /// Whoever does it late settles the months before that day with it.
    fn month_due(&self, name: &str, since: Option<Date>, today: Date) -> Date {
        let this = today.first_of_month();
        let mut due = since.max(self.since).map_or(this, Date::first_of_month);
        for (told, done) in self.told {
            let of = told.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
            let Some(of) = of.and_then(|of| format!("{of}-01").parse::<Date>().ok()) else { continue };
            let on = done.at.get(..10).and_then(|day| day.parse::<Date>().ok()).unwrap_or(of);
            due = due.max(next_month(of)).max(on.first_of_month());
        }
        due.min(this)
    }

    pub(super) fn after_incidents(&mut self, seen: &Seen) {
        let target = if self.contract.cover_incidents_within.is_some() {
            "the contract's target"
        } else {
            "no target is set; two weeks are taken"
        };
        for incident in &seen.incidents {
            let (id, rhythm) = (&incident.id, Rhythm::AfterIncident);
            let command = |verb: &str| Command::of_eval(&["incident", verb, id]).signed();
            let due = match incident.covered {
                None => Due {
                    name: format!("cover-{id}"),
                    rhythm,
                    what: first_step(incident),
                    why: format!("open since {}; {target}", incident.opened),
                    due: incident.cover_by.unwrap_or_else(|| later(incident.opened, COVER)),
                    command: match (incident.has_active, &incident.proposed[..]) {
                        (true, _) => command("cover"),
                        // Nothing proposed covers it, and what is not there has to be found first.
                        (false, []) => Command::of_eval(&["incident", "show", id]),
                        (false, proposed) => {
                            let named = proposed.iter().map(String::as_str);
                            Command::of_eval(&["examples", "accept"].into_iter().chain(named).collect::<Vec<_>>())
                                .signed()
                        }
                    },
                },
                Some(covered) => Due {
                    name: format!("close-{id}"),
                    rhythm,
                    what: format!("close incident {id}: show that a gate would now block its release"),
                    why: format!("covered on {covered}"),
                    due: later(covered, CLOSE),
                    command: command("close"),
                },
            };
            self.add(&[&incident.owner], due);
        }
    }

    pub(super) fn this_week(&mut self, seen: &Seen, today: Date) {
        let rhythm = Rhythm::ThisWeek;
        for queue in &seen.queues {
            let what = format!("label {} of queue {}", plural(queue.items, "item"), queue.name);
            let words = [what, what_for(queue.purpose).to_owned()];
            let command = Command::of_eval(&["review", "label", &queue.name]).signed();
            self.on_friday(
                &["review", "rubric"],
                rhythm,
                &format!("label-{}", queue.name),
                queue.since,
                words,
                command,
            );
        }
        if let Some(waiting) = &seen.disputes {
            let why = format!(
                "the oldest is open since {}; until somebody else settles it, nothing is known there",
                waiting.since
            );
            let words = [format!("settle {}", plural(waiting.count, "dispute")), why];
            let command = Command::of_eval(&["review", "disputes"]);
            self.on_friday(&["policy", "rubric"], rhythm, "settle", waiting.since, words, command);
        }
        self.proposals(&seen.proposals, today);
        self.retention(seen, today);
    }

    /// Those of files come up every week, for nothing says since when they wait.
    fn proposals(&mut self, waiting: &Proposals, today: Date) {
        let Proposals { count, in_files, since } = *waiting;
        if count == 0 {
            return;
        }
        let counted = "nothing proposed is ever counted";
        let (due, why) = match since {
            Some(since) => (later(since, PROPOSAL), format!("the oldest waits since {since}; {counted}")),
            None => (friday(today), counted.to_owned()),
        };
        let stand = match in_files {
            0 => String::new(),
            all if all == count => {
                format!("; {} in files of examples", if all == 1 { "it stands" } else { "they stand" })
            }
            some => format!("; {some} of them stand in files of examples"),
        };
        let due = Due {
            name: format!("proposals-{due}"),
            rhythm: Rhythm::ThisWeek,
            what: format!("accept or decline {}", plural(count, "proposed example")),
            why: format!("{why}{stand}"),
            due,
            command: Command::on_eval(&["examples", "proposals"]),
        };
        self.add(&["release"], due);
    }

    /// What the contract keeps for a time only, once that is over.
    fn retention(&mut self, seen: &Seen, today: Date) {
        let Some((oldest, keep)) = seen.oldest_traffic.zip(self.contract.traffic.keep_days) else { return };
        let over = later(oldest, i64::from(keep));
        if over <= today {
            let why = format!("the contract keeps a day for {keep} days, and the oldest is {oldest}");
            let words = ["drop traffic whose time is over".to_owned(), why];
            let command = Command::of_eval(&["traffic", "prune"]);
            self.on_friday(&["release"], Rhythm::ThisWeek, "prune", over, words, command);
        }
    }

    pub(super) fn this_release(&mut self, seen: &Seen, today: Date) {
        let rhythm = Rhythm::ThisRelease;
        let done = |day: Date| Done { at: day.to_string(), by: "a recorded decision".to_owned() };
        let decide = Due {
            name: "decide".to_owned(),
            rhythm,
            what: format!("decide on {}", if seen.candidate.is_empty() { "the candidate" } else { &seen.candidate }),
            why: match seen.decided {
                Some(_) => "a record says where it may be released",
                None => "no record says where it may be released",
            }
            .to_owned(),
            due: seen.decided.unwrap_or_else(|| friday(today)),
            command: Command::on_eval(&["run"]),
        };
        self.add(&["release"], decide).done = seen.decided.map(done);
        if seen.errors > 0 {
            let what = format!("mend {} of the eval itself", plural(seen.errors, "error"));
            let words = [what, "an eval that is not fit to decide decides nothing".to_owned()];
            self.on_friday(&["release"], rhythm, "check", today, words, Command::on_eval(&["check"]));
        }
        if seen.looks_spent {
            let why = "the looks of a gate are spent: the same examples prove nothing more";
            let words = ["draw a fresh reference set", why].map(str::to_owned);
            let command = Command::of_eval(&["show", "latest"]);
            let since = seen.last_decided.unwrap_or(today);
            self.on_friday(&["release"], rhythm, "fresh-sample", since, words, command);
        }
        for staged in &seen.stages {
            let why = "something there is not shown, and the stage ends by evidence".to_owned();
            let words = [format!("follow the staged rollout of {}", staged.cell), why];
            let name = format!("monitor-{}", staged.cell);
            self.on_friday(&[&staged.owner], rhythm, &name, seen.last_decided.unwrap_or(today), words, follow(staged));
        }
        self.before_the_end(seen, today);
    }

    /// What holds for a time, and soon no longer.
    fn before_the_end(&mut self, seen: &Seen, today: Date) {
        let rhythm = Rhythm::ThisRelease;
        let soon = |expiring: &&Expiring| later(today, AHEAD) >= expiring.on;
        for expiring in seen.calibrations.iter().filter(soon) {
            let words = ["review", "calibrate", "--criterion", &expiring.name, "--labels", "labels.jsonl"];
            let due = Due {
                name: format!("calibrate-{}-{}", expiring.name, expiring.on),
                rhythm,
                what: format!("calibrate the judge of {} again", expiring.name),
                why: format!("its calibration holds until {}, and without one its gates are unfit", expiring.on),
                due: expiring.on,
                command: Command::on_eval(&words),
            };
            self.add(&["rubric", "review"], due);
        }
        for expiring in seen.overrides.iter().filter(soon) {
            let due = Due {
                name: format!("override-{}", expiring.name),
                rhythm,
                what: format!("end override {}, or decide again", expiring.name),
                why: format!("its last day is {}", expiring.on),
                due: expiring.on,
                command: Command::of_eval(&["show", &expiring.name]),
            };
            self.add(&["release"], due);
        }
    }

    pub(super) fn this_month(&mut self, seen: &Seen, today: Date) {
        let always = (seen.since, today);
        if seen.active > 0 {
            let what = "lay the reference set beside this month's traffic";
            let why = "traffic moves, and a set that does not move with it decides about last year";
            self.monthly(&["product"], "drift", always, [what, why], Command::on_eval(&["drift", "--last", "30d"]));
            let what = "accept, keep or postpone what should leave the set";
            let why = "an example that no longer serves costs labels and hides those that do";
            let command = Command::on_eval(&["examples", "retirements", "--decide"]).signed();
            self.monthly(&["release"], "retire", always, [what, why], command);
        }
        if seen.shipped.is_some() {
            let what = "lay past decisions beside what production did";
            let why = "whether the gates foretold anything is seen in production only";
            let since = (seen.shipped, today);
            self.monthly(&["release"], "backtest", since, [what, why], Command::on_eval(&["backtest"]));
        }
        seen.agreed.iter().for_each(|agreed| self.audit(agreed, today));
        if seen.rubrics {
            let what = "read the rubrics against the policy in force";
            let why = "policy moves on, and a rubric that does not is labelled against";
            self.monthly(&["rubric", "policy"], "rubrics", always, [what, why], Command::on_eval(&["check"]));
        }
        for (day, count) in seen.review_by.iter().filter(|(day, _)| *day <= today.last_of_month()) {
            let due = Due {
                name: format!("review-{day}"),
                rhythm: Rhythm::ThisMonth,
                what: format!("look at {} again", plural(*count, "example")),
                why: format!("their review date is {day}"),
                due: *day,
                command: Command::on_eval(&["examples", "stats"]),
            };
            self.add(&["policy"], due);
        }
    }

    /// By the first role that labelled nothing there; done once some were drawn this month.
    fn audit(&mut self, agreed: &Agreed, today: Date) {
        let drawn = agreed.audited.filter(|day| day.first_of_month() == today.first_of_month());
        if agreed.items == 0 && drawn.is_none() {
            return;
        }
        let owners = self.contract.owners.iter().map(|owner| owner.role.as_str());
        let known: Vec<&str> = owners.filter(|role| !agreed.labellers.contains(*role)).collect();
        let outside = ["rubric", "policy"].into_iter().find(|role| known.contains(role)).or(known.first().copied());
        let take = agreed.items.clamp(1, AUDITED).to_string();
        let command = Command::of_eval(&["review", "audit", &agreed.queue, "--take", &take]).signed();
        let what = format!("have agreed labels of queue {} audited", agreed.queue);
        let why = "what a team agrees on may be wrong together: somebody outside it looks";
        let roles: Vec<&str> = outside.into_iter().collect();
        let name = format!("audit-{}", agreed.queue);
        // An audit settles its month.
        let since = match (drawn, agreed.audited) {
            (Some(_), _) => Some(today),
            (None, Some(day)) => Some(next_month(day)),
            (None, None) => agreed.since,
        };
        let duty = self.monthly(&roles, &name, (since, today), [&what, why], command);
        duty.done = drawn.map(|day| Done { at: day.to_string(), by: "an audit that was drawn".to_owned() });
    }
}

/// What covers an incident, as far as that is known now.
fn first_step(incident: &OpenIncident) -> String {
    let id = &incident.id;
    match (incident.has_active, &incident.proposed[..]) {
        (true, _) => format!("cover incident {id} by an example that a gate sees"),
        (false, []) => format!("cover incident {id}: no example stands for it yet"),
        (false, _) => format!("cover incident {id}: first accept what is proposed for it"),
    }
}

/// What labels of a queue are for.
fn what_for(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Calibrate => "a judge is only as good as its last labels",
        Purpose::Label => "an answer that nobody labelled is not known to be right or wrong",
        Purpose::Settle => "what people are split on is unknown until somebody settles it",
        Purpose::Audit => "what a team agrees on may be wrong together",
    }
}

/// By a gate with a margin; where none has one, the record says what to watch.
fn follow(staged: &Staged) -> Command {
    let Some(gate) = &staged.gate else { return Command::of_eval(&["show", "latest"]) };
    let mut words = vec!["monitor", "outcomes.jsonl", "--gate", gate];
    let values: Vec<String> = staged.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
    values.iter().for_each(|value| words.extend(["--where", value]));
    Command::of_eval(&words)
}
