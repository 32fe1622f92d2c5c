//! What a person is told of asking: before it starts, while it goes on, and of what judges did not agree on.

use crate::app::run::Progress;
use domain::contract::Contract;
use engine::asking::Forecast;
use engine::budget::Used;
use engine::driver::Standing;
use engine::judging::Differing;
use engine::provider::TroubleKind;
use std::time::Duration;

/// Waits from this long on are said.
const LONG_WAIT: Duration = Duration::from_secs(30);
/// Where nothing answers it is said after this long, and once more each time that so much longer has passed.
const SILENCE: Duration = Duration::from_secs(60);
const LONGER: Duration = Duration::from_secs(300);

/// What a person should know before it starts: what there is already of what is asked for, and what the rest takes.
pub fn before(what: &str, forecast: &Forecast, used: Used, contract: &Contract) -> Vec<String> {
    let mut told = Vec::new();
    let Forecast { asks, known, cached, torn, put_aside, in_flight, tokens, spend } = *forecast;
    if known > 0 || torn > 0 || put_aside > 0 || in_flight > 0 {
        let mut line = format!("going on where the last run stopped: {known} {what} are there");
        if in_flight > 0 {
            line += &format!(", {in_flight} were in flight and are asked for again");
        }
        if torn > 0 {
            line += &format!(", {torn} torn lines are left out");
        }
        if put_aside > 0 {
            line += &format!(", {put_aside} answer requests that have changed and are put aside");
        }
        told.push(line);
    }
    if cached > 0 {
        let latency = if what == "answers" { ", without a latency" } else { "" };
        told.push(format!("{cached} {what} come from earlier runs{latency}"));
    }
    if asks > 0 {
        let currency = contract.money();
        let money = spend.map_or(String::new(), |spend| format!(" and {spend:.2} {currency}").trim_end().to_owned());
        told.push(format!("asking for {asks} {what}, which takes about {tokens} tokens{money}"));
        if spend.is_none() && contract.budget.spend.is_some() {
            told.push(
                "what that costs is not known before: without `price`, it stops where the first replies do not say it"
                    .to_owned(),
            );
        }
        let spends = spend.zip(contract.budget.spend);
        let short = spends.is_some_and(|(spend, most)| most.get() < spend + used.spend)
            || contract.budget.tokens.is_some_and(|most| most < tokens.saturating_add(used.tokens));
        if short {
            told.push("the budget will stop it before the end; what was answered until then is kept".to_owned());
        }
    }
    told
}

/// Follows what is asked of the systems of these names: a line that changes, and a note of what lasts long.
pub fn during<'p>(
    names: &'p [&'p str],
    what: &'p str,
    currency: String,
    progress: &'p mut dyn Progress,
) -> impl FnMut(&Standing) + use<'p> {
    let (mut noted, mut patience) = (Duration::ZERO, SILENCE);
    move |standing| {
        progress.count(standing.done, standing.of);
        if let Some((lane, kind, since)) = silence(standing, &mut patience) {
            let name = names.get(lane).copied().unwrap_or("a system");
            let lasting = lasting(since.as_secs_f64());
            progress.note(&format!("no answer for {lasting}: `{name}` is asked again and again ({})", kind.class()));
        }
        // Each long wait is said once, also where nobody sees the line that changes.
        if let Some((lane, left)) = standing.left_alone
            && left >= LONG_WAIT
            && standing.elapsed > noted
        {
            noted = standing.elapsed + left;
            let name = names.get(lane).copied().unwrap_or("a system");
            progress.note(&waits(name, left));
        }
        progress.say(&format!("{what}: {}", stands(standing, &currency)));
    }
}

/// How far it is, at what rate, and what is left.
pub fn stands(standing: &Standing, currency: &str) -> String {
    let seconds = standing.elapsed.as_secs_f64().max(1e-3);
    let rate = standing.done as f64 / seconds;
    let mut said = format!("{} of {}, {rate:.1} a second", standing.done, standing.of);
    if standing.failed > 0 {
        said += &format!(", {} failed", standing.failed);
    }
    if standing.used.spend > 0.0 {
        said += format!(", {:.2} {currency}", standing.used.spend).trim_end();
    }
    said += &format!(", {} in flight", standing.in_flight);
    if let Some((_, left)) = standing.left_alone.filter(|_| standing.done < standing.of) {
        said += &format!(", left alone for {} as asked", lasting(left.as_secs_f64().ceil()));
    }
    if standing.ending {
        said += ", finishing what is in flight (once more stops at once)";
    } else if standing.done > 0 && standing.done < standing.of {
        let left = (standing.of - standing.done) as f64 / rate;
        said += &format!(", about {} left", lasting(left));
    }
    said
}

/// What is to be said of how long nothing answers; `patience` is how long it may last before it is said.
fn silence(standing: &Standing, patience: &mut Duration) -> Option<(usize, TroubleKind, Duration)> {
    let Some(silent) = standing.silent else {
        *patience = SILENCE;
        return None;
    };
    let is_said = standing.left_alone.is_some_and(|(_, left)| left >= LONG_WAIT);
    if is_said || silent.2 < *patience {
        return None;
    }
    *patience = silent.2 + LONGER;
    Some(silent)
}

/// What is waited for, and until when.
fn waits(name: &str, left: Duration) -> String {
    let until = jiff::Timestamp::now() + left;
    format!("`{name}` asks to be left alone for {}: waiting until {until:.0}", lasting(left.as_secs_f64()))
}

fn lasting(seconds: f64) -> String {
    match seconds as u64 {
        seconds @ 0..=99 => format!("{seconds} s"),
        seconds @ 100..=5999 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

/// How often judges did not agree, with each other and with themselves.
pub fn differing(found: &Differing) -> Vec<String> {
    let Differing { criterion, judged, panel, order } = found;
    let panel = panel.map(|count| format!("the panel of `{criterion}` differs on {count} of {judged} verdicts"));
    let order = order
        .map(|count| format!("{count} of {judged} comparisons of `{criterion}` change with the order of the answers"));
    panel.into_iter().chain(order).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_nothing_answers_is_said_after_a_minute_and_then_seldom() {
        let mut patience = SILENCE;
        let mut said = |seconds: u64, answers: bool, alone: bool| {
            let silent = (0, TroubleKind::RateLimited, Duration::from_secs(seconds));
            let standing = Standing {
                silent: Some(silent).filter(|_| !answers),
                left_alone: alone.then_some((0, LONG_WAIT)),
                ..Standing::default()
            };
            silence(&standing, &mut patience).is_some()
        };
        assert!(!said(59, false, false) && said(60, false, false) && !said(61, false, false));
        assert!(said(360, false, false), "and once more");
        assert!(!said(0, true, false) && !said(59, false, false) && said(60, false, false), "an answer begins anew");
        assert!(!said(700, false, true), "a wait that was asked for is said elsewhere");
    }
}
