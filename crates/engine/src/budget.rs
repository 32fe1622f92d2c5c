//! What asking has taken, and whether it may take more.
//!
//! in      a budget; what each call is thought to take when it starts, and what it took when it ended
//! out     whether another call may start
//! errors  none
//! note    calls in flight count with what they are thought to take: the mean of what calls took, and a guess before any did. So the budget is
//!         passed by no more than their error. A budget
//!         is kept by what replies say: where the first of them do not say it, nothing could keep it

use domain::system::Budget;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Used {
    pub tokens: u64,
    pub spend: f64,
}

impl Used {
    pub fn add(&mut self, other: Used) {
        self.tokens = self.tokens.saturating_add(other.tokens);
        self.spend += other.spend;
    }
}

/// What so many calls took.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Took {
    pub used: Used,
    pub calls: u64,
}

impl Took {
    pub fn add(&mut self, used: Used) {
        self.used.add(used);
        self.calls += 1;
    }

    /// The mean; `None` where no call was made.
    pub fn each(&self) -> Option<Used> {
        let calls = self.calls;
        (calls > 0).then(|| Used { tokens: self.used.tokens.div_ceil(calls), spend: self.used.spend / calls as f64 })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Purse {
    budget: Budget,
    used: Used,
    in_flight: Used,
}

impl Purse {
    /// With what was used before this process began.
    pub fn new(budget: Budget, used: Used) -> Self {
        Purse { budget, used, in_flight: Used::default() }
    }

    pub fn may_start(&self, thought: Used) -> bool {
        let tokens = self.used.tokens.saturating_add(self.in_flight.tokens).saturating_add(thought.tokens);
        let spend = self.used.spend + self.in_flight.spend + thought.spend;
        self.budget.tokens.is_none_or(|most| tokens <= most) && self.budget.spend.is_none_or(|most| spend <= most.get())
    }

    pub fn starts(&mut self, thought: Used) {
        self.in_flight.add(thought);
    }

    pub fn ended(&mut self, thought: Used, took: Used) {
        self.in_flight.tokens = self.in_flight.tokens.saturating_sub(thought.tokens);
        self.in_flight.spend = (self.in_flight.spend - thought.spend).max(0.0);
        self.used.add(took);
    }

    pub fn used(&self) -> Used {
        self.used
    }
}

/// What replies have to say, so that a budget can be kept by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Spend,
    Tokens,
}

/// Whether a system's replies say what the budget is kept by.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    budget: Budget,
    /// Replies so far that did not; `None` once one did.
    silent: Option<u32>,
}

impl Telling {
    /// Replies that may be silent before the system counts as silent.
    const PATIENCE: u32 = 3;

    pub fn new(budget: Budget) -> Self {
        Telling { budget, silent: Some(0) }
    }

    /// Notes what a reply says; what it would have had to say, once the first ones did not.
    pub fn note(&mut self, spend: Option<f64>, tokens: Option<u64>) -> Option<Told> {
        let missing = match (self.budget.spend, self.budget.tokens) {
            (Some(_), _) if spend.is_none() => Some(Told::Spend),
            (_, Some(_)) if tokens.is_none() => Some(Told::Tokens),
            _ => None,
        };
        self.silent = self.silent.filter(|_| missing.is_some()).map(|silent| silent + 1);
        missing.filter(|_| self.silent.is_some_and(|silent| silent >= Self::PATIENCE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::share::Amount;

    #[test]
    fn a_system_whose_first_replies_do_not_say_what_the_budget_is_kept_by_is_silent() {
        let spend = Budget { tokens: None, spend: Amount::new(1.0).ok() };
        let mut telling = Telling::new(spend);
        assert_eq!([None, None, Some(Told::Spend)], [1, 2, 3].map(|count| telling.note(None, Some(count))));
        let mut telling = Telling::new(spend);
        telling.note(Some(0.1), None);
        assert!((0..9).all(|_| telling.note(None, None).is_none()), "one that says it once is not silent");
        let mut telling = Telling::new(Budget { tokens: Some(9), spend: None });
        assert_eq!([None, None, Some(Told::Tokens)], [1.0, 2.0, 3.0].map(|spend| telling.note(Some(spend), None)));
        let mut telling = Telling::new(Budget::default());
        assert!((0..9).all(|_| telling.note(None, None).is_none()), "nothing is to be kept");
    }

    #[test]
    fn calls_in_flight_count() {
        let budget = Budget { tokens: Some(100), spend: Amount::new(1.0).ok() };
        let thought = Used { tokens: 40, spend: 0.3 };
        let mut purse = Purse::new(budget, Used { tokens: 10, spend: 0.1 });
        purse.starts(thought);
        assert!(purse.may_start(thought));
        purse.starts(thought);
        assert!(!purse.may_start(thought), "90 are bound");
        purse.ended(thought, Used { tokens: 5, spend: 0.01 });
        assert!(purse.may_start(thought));
        purse.ended(thought, Used { tokens: 85, spend: 0.85 });
        assert!(!purse.may_start(Used { tokens: 1, spend: 0.0 }));
        assert_eq!(purse.used(), Used { tokens: 100, spend: 0.96 });
    }

    #[test]
    fn without_a_budget_everything_may_start() {
        assert!(Purse::new(Budget::default(), Used::default()).may_start(Used { tokens: u64::MAX, spend: 1e300 }));
    }
}
