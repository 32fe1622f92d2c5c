//! Today's traffic, as a decision is told it: the last four weeks that are kept, counted by what the contract cuts by.
//!
//! in      the eval, the sealed run, the traffic that is kept beside it
//! out     how each attribute is mixed, and since when that is otherwise than in the set; nothing where no traffic is kept, or the contract
//!         cuts by nothing
//! errors  none: traffic that cannot be read is told, and what it says is unknown; no decision waits for it
//! note    the weeks end with the last day that there is traffic of, and the decision names both days: what is long ago says so itself

use super::eval::Eval;
use super::logged::{self, Window};
use super::run::Progress;
use super::weigh::ours;
use crate::cli::Failure;
use camino::Utf8Path;
use domain::drift::{Count, DAYS, OfToday, Today, between, of_set};
use domain::format::drifted::as_sealed;
use domain::name::Attribute;
use domain::sampling::{unit, value};
use domain::segment::Segmentation;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// What traffic is counted in, to tell since when it is mixed as it is.
const WEEK: i32 = 7;

pub fn today(eval: &Eval, run: &Utf8Path, progress: &mut dyn Progress) -> Option<Today> {
    counted(eval, run, progress).unwrap_or_else(|failure| {
        let help = "mend or remove that file: `plimsoll traffic stats` reads it too";
        progress.note(&format!("whether traffic drifted is unknown, because it cannot be read: {failure}; {help}"));
        None
    })
}

fn counted(eval: &Eval, run: &Utf8Path, progress: &mut dyn Progress) -> Result<Option<Today>, Failure> {
    let by = |cut: &Segmentation| match cut {
        Segmentation::By { attribute, .. } => Some(attribute.clone()),
        Segmentation::Where { .. } => None,
    };
    let names: Vec<Attribute> = eval.contract.segments.iter().filter_map(by).collect();
    let state = eval.state();
    let Some(last) = logged::days(&state)?.pop().map(|(day, _)| day).filter(|_| !names.is_empty()) else {
        return Ok(None);
    };
    progress.step("reading today's traffic");
    let mut counts: Vec<Count> = names.iter().map(|_| Count::default()).collect();
    let mut weeks: BTreeMap<i32, (Date, Vec<Count>)> = BTreeMap::new();
    let (mut first, mut requests) = (None, 0u64);
    let window = Window::last(DAYS, last);
    for (day, _) in logged::days(&state)?.into_iter().filter(|(day, _)| window.holds(*day)) {
        let ago = day.until(last).map_or(0, |span| span.get_days()) / WEEK;
        let of_week =
            &mut weeks.entry(ago).or_insert_with(|| (day, counts.iter().map(|_| Count::default()).collect())).1;
        logged::each(&state, &Window { first: Some(day), last: Some(day) }, &mut |request| {
            for (at, name) in names.iter().enumerate() {
                let value = value(&request, name).unwrap_or("");
                counts[at].add(value, unit(&request), 1.0);
                of_week[at].add(value, unit(&request), 1.0);
            }
            first = first.or(Some(day));
            requests += 1;
            if requests.is_multiple_of(1000) {
                progress.count(requests, 0);
            }
            Ok(())
        })?;
    }
    let Some(first) = first else { return Ok(None) };
    let set = lake::read_set(run).map_err(ours)?;
    let of_attribute = |(at, name): (usize, &Attribute)| {
        let of_set = of_set(&eval.contract, &set, name);
        let drifted = |(_, counts): &&(Date, Vec<Count>)| between(name.as_str(), &of_set, &counts[at].side()).warns();
        let since = weeks.values().take_while(drifted).last().map(|(first, _)| first.to_string());
        OfToday { attribute: name.to_string(), traffic: as_sealed(&counts[at].side()), since }
    };
    let mixes = names.iter().enumerate().map(of_attribute).collect();
    Ok(Some(Today { first: first.to_string(), last: last.to_string(), requests, mixes }))
}
