//! What is read side by side: nothing of it rests on the rest, and its faults are told in one go.

use crate::cli::Failure;
use domain::fault::{Fault, Faults};

/// Faults so far, and the first failure that is none in a file.
#[derive(Default)]
pub struct Gathered {
    faults: Vec<Fault>,
    other: Option<Failure>,
}

impl Gathered {
    /// What was read; nothing where it failed, and why is told with the others.
    pub fn take<T>(&mut self, read: Result<T, Failure>) -> Option<T> {
        match read {
            Ok(read) => return Some(read),
            Err(failure) => self.add(failure),
        }
        None
    }

    pub fn add(&mut self, failure: Failure) {
        match failure {
            Failure::Faults(faults) => self.faults.extend(faults),
            failure => self.other = self.other.take().or(Some(failure)),
        }
    }

    /// Those faults, and all that were found beside them.
    pub fn beside(self, faults: Faults) -> Failure {
        faults.with(self.faults).into()
    }

    /// Every fault; where there is none, the failure that kept something from being read.
    pub fn finish(self) -> Result<(), Failure> {
        Faults::none_or(self.faults)?;
        self.other.map_or(Ok(()), Err)
    }
}

/// All of them, or every fault of those that have one.
pub fn all<T>(made: impl Iterator<Item = Result<T, Failure>>) -> Result<Vec<T>, Failure> {
    let mut gathered = Gathered::default();
    let all = made.filter_map(|one| gathered.take(one)).collect();
    gathered.finish()?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fault::Place;

    fn fault(line: u32) -> Failure {
        let place = Place { file: "plimsoll.yaml".into(), line, column: 1 };
        Failure::Faults(Fault { place, found: String::new(), what: "wrong".into(), help: "mend it".into() }.into())
    }

    #[test]
    fn faults_of_what_is_read_side_by_side_are_told_in_one_go() {
        let read = [Err(fault(3)), Ok(7), Err(Failure::yours("no such file", "add it")), Err(fault(2))];
        let Err(Failure::Faults(told)) = all(read.into_iter()) else { panic!("faults") };
        assert_eq!(told.iter().map(|fault| fault.place.line).collect::<Vec<_>>(), [2, 3]);
        let read = [Ok(7), Err(Failure::yours("no such file", "add it"))];
        assert!(matches!(all(read.into_iter()), Err(Failure::Yours { .. })));
        assert!(all([Ok(7), Ok(8)].into_iter()).is_ok_and(|all| all == [7, 8]));
    }
}
