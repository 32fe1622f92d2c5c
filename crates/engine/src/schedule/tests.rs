use super::*;
use domain::share::Amount;
use proptest::prelude::*;
use std::cell::Cell;

fn lane(asks: u64, at_once: u32) -> Lane {
    Lane {
        limits: Limits { at_once, attempts: 3, ..Default::default() },
        shares: format!("{at_once}-{asks}"),
        positions: (0..asks).collect(),
        thought: Used { tokens: 10, spend: 0.01 },
        known: Took::default(),
    }
}

fn trouble(kind: TroubleKind) -> Trouble {
    Trouble { kind, message: "it went wrong".to_owned(), retry_after: None }
}

/// A call on its way: when it is done, what it asks, and what the system made of it as it came in.
type Flight<T> = (Duration, AskId, T);

/// When each call was done and what it came to, when all was done, and how that was.
struct Played {
    calls: Vec<(Duration, AskId, Outcome)>,
    took: Duration,
    ending: Ending,
}

/// Plays a schedule. `came_in` says how long a call lasts beside those that are on their way, and what the system makes of it;
/// `came_to` says what that is when it is done.
fn played<T>(
    mut schedule: Schedule,
    mut came_in: impl FnMut(Duration, &[Flight<T>]) -> (Duration, T),
    mut came_to: impl FnMut(Duration, AskId, T) -> Option<Trouble>,
) -> Played {
    let mut now = Duration::ZERO;
    let mut running: Vec<Flight<T>> = Vec::new();
    let mut calls = Vec::new();
    for _ in 0..1_000_000 {
        match schedule.next(now) {
            Next::Ask(ask) => {
                let (lasts, made) = came_in(now, &running);
                running.push((now + lasts, ask, made));
            }
            Next::Ended(ending) => return Played { calls, took: now, ending },
            Next::Wait(later) => {
                running.sort_by_key(|(due, ask, _)| (*due, *ask));
                let first = running.first().map(|(due, ..)| *due);
                let due = first.into_iter().chain(later).min().expect("something to wait for");
                now = now.max(due);
                if first == Some(due) {
                    let (_, ask, made) = running.remove(0);
                    let trouble = came_to(now, ask, made);
                    let took = Used { tokens: 10, spend: 0.01 };
                    let outcome = schedule.attempted(now, ask, trouble.as_ref(), &Headroom::default(), took, 0.5);
                    if outcome == Outcome::Answered {
                        schedule.released(ask.lane).iter().for_each(|held| schedule.kept(held.lane));
                    }
                    if matches!(outcome, Outcome::Answered | Outcome::GaveUp) {
                        schedule.kept(ask.lane);
                    }
                    calls.push((now, ask, outcome));
                }
            }
        }
    }
    panic!("it does not end");
}

impl Played {
    /// When all was answered in the end, the calls, and those that were turned away.
    fn answered(&self) -> (Duration, u32, u32) {
        assert_eq!(self.ending, Ending::Done);
        let of = |wanted| self.calls.iter().filter(|(.., outcome)| *outcome == wanted).count();
        let turned_away = of(Outcome::Again);
        assert_eq!(of(Outcome::Answered) + turned_away, self.calls.len());
        (self.took, self.calls.len() as u32, turned_away as u32)
    }
}

/// Plays a schedule with calls of one second; `reply` says what an attempt at this ask comes to. Returns what was asked when, and
/// how it ended.
fn play(
    schedule: Schedule,
    mut reply: impl FnMut(AskId) -> Option<TroubleKind>,
) -> (Vec<(f64, AskId, Outcome)>, Ending) {
    let second = Duration::from_secs(1);
    let Played { calls, ending, .. } = played(schedule, |_, _| (second, ()), |_, ask, ()| reply(ask).map(trouble));
    (calls.into_iter().map(|(at, ask, outcome)| (at.as_secs_f64(), ask, outcome)).collect(), ending)
}

fn plain(lanes: Vec<Lane>) -> Schedule {
    Schedule::new(lanes, Budget::default(), Used::default())
}

#[test]
fn everything_is_asked_once_as_fast_as_may_be() {
    let (done, ending) = play(plain(vec![lane(100, 10), lane(100, 5)]), |_| None);
    assert_eq!(ending, Ending::Done);
    let mut asked: Vec<AskId> = done.iter().map(|(_, ask, _)| *ask).collect();
    asked.sort();
    asked.dedup();
    assert_eq!((done.len(), asked.len()), (200, 200));
    assert_eq!(done.last().map(|(at, ..)| *at), Some(20.0), "the slower lane has 100 calls, 5 at once");
}

#[test]
fn lanes_keep_step() {
    // Left alone, the first lane would be done in two seconds.
    let (done, _) = play(plain(vec![lane(1000, 500), lane(1000, 4)]), |_| None);
    let behind = |second: f64| {
        let of = |lane| done.iter().filter(|(at, ask, _)| *at <= second && ask.lane == lane).count() as i64;
        of(0) - of(1)
    };
    assert!((1..250).all(|second| behind(f64::from(second)) <= 2100));
    let (done, _) = play(plain(vec![lane(1000, 16), lane(1000, 4)]), |_| None);
    let behind = |second: f64| {
        let of = |lane| done.iter().filter(|(at, ask, _)| *at <= second && ask.lane == lane).count() as i64;
        of(0) - of(1)
    };
    assert!((1..250).all(|second| behind(f64::from(second)) <= 64 + 16));
}

#[test]
fn what_is_transient_is_asked_again_and_then_counts() {
    let mut asked = 0;
    let (done, ending) = play(plain(vec![lane(1, 1)]), |_| {
        asked += 1;
        Some(TroubleKind::Overloaded)
    });
    let outcomes: Vec<Outcome> = done.iter().map(|(_, _, outcome)| *outcome).collect();
    assert_eq!(outcomes, [Outcome::Again, Outcome::Again, Outcome::GaveUp]);
    assert_eq!(ending, Ending::Done);
}

#[test]
fn a_refused_request_is_not_repeated() {
    let (done, ending) = play(plain(vec![lane(2, 1)]), |_| Some(TroubleKind::Refused));
    assert_eq!(done.len(), 2);
    assert_eq!(ending, Ending::Done);
}

#[test]
fn a_wrong_key_stops_everything_at_once() {
    let (done, ending) = play(plain(vec![lane(1000, 4)]), |_| Some(TroubleKind::Forbidden));
    assert!(done.len() <= 4);
    assert!(matches!(ending, Ending::Stopped(0, trouble) if trouble.kind == TroubleKind::Forbidden));
}

#[test]
fn a_system_out_of_reach_stops_and_leaves_no_answer() {
    let (done, ending) = play(plain(vec![lane(1000, 2)]), |_| Some(TroubleKind::Connection));
    assert!(matches!(ending, Ending::Stopped(0, _)));
    assert!(done.iter().all(|(_, _, outcome)| matches!(outcome, Outcome::Again | Outcome::Held)));
    assert!(done.len() < 20);
    let (_, ending) = play(plain(vec![lane(1, 2)]), |_| Some(TroubleKind::Connection));
    let why = "it went wrong";
    assert!(matches!(ending, Ending::Stopped(0, trouble) if trouble.message == why), "also where there is one ask");
}

#[test]
fn one_lost_connection_among_answers_is_a_failure_of_that_answer() {
    let (done, ending) = play(plain(vec![lane(20, 1)]), |ask| (ask.at == 3).then_some(TroubleKind::Connection));
    assert_eq!(ending, Ending::Done);
    assert_eq!(done.iter().filter(|(_, _, outcome)| *outcome == Outcome::Held).count(), 1);
    assert_eq!(done.iter().filter(|(_, _, outcome)| *outcome == Outcome::Answered).count(), 19);
}

#[test]
fn the_budget_is_not_passed() {
    let budget = Budget { tokens: None, spend: Amount::new(0.255).ok() };
    let schedule = Schedule::new(vec![lane(100, 10)], budget, Used::default());
    let (done, ending) = play(schedule, |_| None);
    assert_eq!((done.len(), ending), (25, Ending::BudgetSpent));
    let schedule = Schedule::new(vec![lane(100, 10)], budget, Used { tokens: 0, spend: 0.2 });
    assert_eq!(play(schedule, |_| None).0.len(), 5, "what was spent before counts");
}

#[test]
fn a_forecast_that_was_too_high_does_not_use_up_the_budget() {
    let budget = Budget { tokens: Some(2000), spend: None };
    let mut lane = lane(150, 10);
    lane.thought = Used { tokens: 100, spend: 0.0 };
    let (done, ending) = play(Schedule::new(vec![lane], budget, Used::default()), |_| None);
    assert_eq!((done.len(), ending), (150, Ending::Done), "each takes 10 and was thought to take 100");
}

#[test]
fn a_forecast_that_was_too_high_waits_for_what_is_in_flight_and_stops_where_the_budget_does() {
    let budget = Budget { tokens: None, spend: Amount::new(0.065).ok() };
    let mut lane = lane(60, 8);
    lane.thought = Used { tokens: 10, spend: 0.02 };
    let (done, ending) = play(Schedule::new(vec![lane.clone()], budget, Used::default()), |_| None);
    assert_eq!((done.len(), ending), (6, Ending::BudgetSpent), "each takes 0.01 and was thought to take 0.02");
    let (done, ending) = play(Schedule::new(vec![lane], budget, Used { tokens: 60, spend: 0.06 }), |_| None);
    assert_eq!((done.len(), ending), (0, Ending::BudgetSpent), "and the next run asks for none");
}

#[test]
fn before_anything_is_known_a_budget_is_spent_carefully_whatever_was_guessed() {
    let budget = Budget { tokens: None, spend: Amount::new(0.105).ok() };
    let guessed = |spend: f64| {
        let mut lane = lane(100, 40);
        lane.thought = Used { tokens: 10, spend };
        Schedule::new(vec![lane.clone(), lane], budget, Used::default())
    };
    for guess in [0.0, 0.0001, 0.01] {
        let (done, ending) = play(guessed(guess), |_| None);
        assert_eq!((done.len(), ending), (10, Ending::BudgetSpent), "each takes 0.01 and was thought to take {guess}");
    }
    // One call, and then as many more as were answered.
    let (done, _) = play(Schedule::new(vec![lane(15, 40)], budget_of(1e6), Used::default()), |_| None);
    let by = |second: f64| done.iter().filter(|(at, ..)| *at <= second).count();
    assert_eq!([1.0, 2.0, 3.0, 4.0].map(by), [1, 3, 7, 15]);
    assert!(play(plain(vec![lane(15, 40)]), |_| None).0.iter().all(|(at, ..)| *at == 1.0), "no budget, no care");
}

fn budget_of(spend: f64) -> Budget {
    Budget { tokens: None, spend: Amount::new(spend).ok() }
}

#[test]
fn what_calls_of_earlier_runs_took_is_known_from_the_start() {
    let mut lane = lane(100, 40);
    lane.thought = Used::default();
    lane.known = Took { used: Used { tokens: 620, spend: 0.62 }, calls: 62 };
    let (done, ending) = play(Schedule::new(vec![lane], budget_of(0.255), Used::default()), |_| None);
    assert_eq!((done.len(), ending), (25, Ending::BudgetSpent));
    assert!(done.iter().all(|(at, ..)| *at == 1.0), "nothing has to be found out first");
}

/// A system that takes so many calls in ten seconds, each of 200 ms, turns others away at once and says when to come back. When all was
/// answered, the calls, and those that were turned away.
fn windowed(asks: u64, at_once: u32, taken: u64) -> (Duration, u32, u32) {
    let left_alone = Cell::new(Duration::ZERO);
    let mut in_window: BTreeMap<u64, u64> = BTreeMap::new();
    let came_in = |now: Duration, _: &[_]| {
        assert!(now >= left_alone.get(), "{now:?}: asked before {:?}", left_alone.get());
        let window = now.as_secs() / 10;
        let count = in_window.entry(window).or_default();
        *count += 1;
        match *count <= taken {
            true => (Duration::from_millis(200), None),
            false => (Duration::from_millis(1), Some(Duration::from_secs(10 * (window + 1)))),
        }
    };
    let came_to = |now: Duration, _, until: Option<Duration>| {
        let until = until?;
        left_alone.set(left_alone.get().max(until));
        Some(Trouble { retry_after: Some(until - now), ..trouble(TroubleKind::RateLimited) })
    };
    played(plain(vec![lane(asks, at_once)]), came_in, came_to).answered()
}

#[test]
fn nothing_is_asked_of_a_system_before_the_time_that_it_said_and_it_is_done_in_time() {
    for (asks, at_once, taken) in [(500, 20, 100), (300, 40, 60), (50, 8, 5)] {
        let (took, calls, turned_away) = windowed(asks, at_once, taken);
        let ideal = 10.0 * (asks.div_ceil(taken) - 1) as f64 + 0.2;
        let what =
            format!("{asks} at {at_once}, {taken} in ten seconds: {took:?} of {ideal}, {turned_away} of {calls}");
        assert!(took.as_secs_f64() <= 2.0 * ideal, "{what}");
        assert!(u64::from(turned_away) <= u64::from(at_once) * asks.div_ceil(taken), "{what}");
    }
}

/// A tenth of the calls, whatever their number: shrinking would help nothing, and each wait is one round.
#[test]
fn a_system_that_turns_calls_away_at_random_keeps_its_number_in_flight() {
    let mut count = 0u64;
    let came_in = |_, _: &[_]| {
        count += 1;
        let refused = count.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 < (1 << 32) / 10;
        (Duration::from_millis(if refused { 1 } else { 200 }), refused)
    };
    let second = Some(Duration::from_secs(1));
    let came_to =
        |_, _, refused: bool| refused.then(|| Trouble { retry_after: second, ..trouble(TroubleKind::RateLimited) });
    let mut lane = lane(1000, 100);
    lane.limits.attempts = 5;
    let (took, calls, turned_away) = played(plain(vec![lane]), came_in, came_to).answered();
    // Waves of a hundred, each with its wait: 1,000 and those that are asked again.
    let ideal = 1.2 * 1000.0 / 90.0;
    assert!(took.as_secs_f64() < 1.5 * ideal, "{took:?} of {ideal}, {turned_away} of {calls}");
}

#[test]
fn a_system_that_asks_to_be_left_alone_for_long_stops_the_run_which_can_go_on_later() {
    let asked = |seconds: u64, kind: TroubleKind| {
        let mut schedule = plain(vec![lane(10, 1)]);
        let Next::Ask(ask) = schedule.next(Duration::ZERO) else { panic!() };
        let trouble = Trouble { retry_after: Some(Duration::from_secs(seconds)), ..trouble(kind) };
        schedule.attempted(Duration::ZERO, ask, Some(&trouble), &Headroom::default(), Used::default(), 0.5);
        (schedule.next(Duration::ZERO), schedule.left_alone(Duration::ZERO))
    };
    for kind in [TroubleKind::RateLimited, TroubleKind::Overloaded] {
        let (Next::Ended(Ending::Stopped(0, trouble)), _) = asked(86_400, kind) else { panic!() };
        assert_eq!(trouble.message, "it went wrong; it asks to be left alone for 1440 minutes");
        let ten = Duration::from_secs(600);
        assert_eq!(asked(600, kind), (Next::Wait(Some(ten)), Some((0, ten))));
    }
}

/// A system that stands so many calls at once, each of 200 ms, and turns others away after some time, saying or not until when. When
/// all was answered, the calls, and those that were turned away.
fn limited(
    (asks, at_once): (u64, u32),
    stands: usize,
    refuses_after: Duration,
    retry_after: Option<Duration>,
) -> (Duration, u32, u32) {
    let mut lane = lane(asks, at_once);
    lane.limits.attempts = 5;
    let came_in = |_, running: &[Flight<bool>]| {
        let stood = running.iter().filter(|(.., stood)| *stood).count() < stands;
        (if stood { Duration::from_millis(200) } else { refuses_after }, stood)
    };
    let came_to = |_, _, stood: bool| (!stood).then(|| Trouble { retry_after, ..trouble(TroubleKind::RateLimited) });
    played(plain(vec![lane]), came_in, came_to).answered()
}

#[test]
fn a_system_that_stands_fewer_at_once_is_found_out_quickly_and_not_hammered() {
    for (asks, at_once, stands) in [(200, 40, 10), (1000, 40, 30), (2000, 500, 100)] {
        for refuses_after in [Duration::from_millis(1), Duration::from_millis(200)] {
            let (took, calls, turned_away) = limited((asks, at_once), stands, refuses_after, None);
            let ideal = 0.2 * asks.div_ceil(stands as u64) as f64;
            let what = format!("{asks} at {at_once} of {stands}: {took:?} of {ideal}, {turned_away} of {calls}");
            assert!(took.as_secs_f64() <= 2.0 * ideal, "{what}");
            assert!(5 * turned_away < calls, "{what}");
        }
    }
}

/// Each wait of a second is as long as five rounds.
#[test]
fn a_system_that_stands_fewer_at_once_and_says_when_is_seldom_asked_for_more() {
    for (asks, at_once, stands) in [(1000, 100, 50), (2000, 500, 100), (300, 40, 10)] {
        for refuses_after in [Duration::from_millis(1), Duration::from_millis(200)] {
            let second = Some(Duration::from_secs(1));
            let (took, calls, turned_away) = limited((asks, at_once), stands, refuses_after, second);
            let ideal = 0.2 * asks.div_ceil(stands as u64) as f64;
            let what = format!("{asks} at {at_once} of {stands}: {took:?} of {ideal}, {turned_away} of {calls}");
            assert!(took.as_secs_f64() <= 2.0 * ideal + 4.0, "{what}");
        }
    }
}

#[test]
fn an_interrupt_waits_for_what_is_in_flight_and_starts_nothing() {
    let mut schedule = plain(vec![lane(100, 3)]);
    let mut asks = Vec::new();
    while let Next::Ask(ask) = schedule.next(Duration::ZERO) {
        asks.push(ask);
    }
    assert_eq!(asks.len(), 3);
    schedule.end(Ending::Interrupted);
    for ask in asks {
        assert_eq!(schedule.next(Duration::ZERO), Next::Wait(None));
        schedule.attempted(Duration::ZERO, ask, None, &Headroom::default(), Used::default(), 0.5);
        assert_eq!(schedule.next(Duration::ZERO), Next::Wait(None), "it is not durable yet");
        schedule.kept(ask.lane);
    }
    assert_eq!(schedule.next(Duration::ZERO), Next::Ended(Ending::Interrupted));
}

#[test]
fn systems_behind_one_key_share_its_limits() {
    let mut one = lane(50, 8);
    one.limits.per_minute = Some(60);
    let mut two = one.clone();
    (one.shares, two.shares) = ("same".to_owned(), "same".to_owned());
    let (done, _) = play(plain(vec![one, two]), |_| None);
    assert!(done.last().is_some_and(|(at, ..)| *at >= 99.0), "100 calls at one a second");
}

proptest! {
    #[test]
    fn every_ask_is_settled_once_whatever_goes_wrong(
        seed in any::<u64>(), asks in 1u64..60, at_once in 1u32..20, share in 0u32..60,
    ) {
        let mut state = seed | 1;
        let mut chance = move || { state ^= state << 13; state ^= state >> 7; state ^= state << 17; (state % 100) as u32 };
        let kinds = [TroubleKind::RateLimited, TroubleKind::Overloaded, TroubleKind::TimedOut, TroubleKind::Unreadable];
        let (done, ending) = play(plain(vec![lane(asks, at_once), lane(asks, 3)]), |_| {
            let drawn = chance();
            (drawn < share).then(|| kinds[drawn as usize % kinds.len()])
        });
        prop_assert_eq!(ending, Ending::Done);
        let mut settled: Vec<AskId> =
            done.iter().filter(|(_, _, outcome)| *outcome != Outcome::Again).map(|(_, ask, _)| *ask).collect();
        let count = settled.len();
        settled.sort();
        settled.dedup();
        prop_assert_eq!(count, settled.len());
        prop_assert_eq!(count as u64, 2 * asks);
    }
}
