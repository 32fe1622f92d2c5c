//! Follows variants to their bases: through other variants, never round in a circle.

use super::ExampleIndex;

/// Variants with their bases, sorted by variant.
pub struct Variants<'v>(pub &'v [(ExampleIndex, ExampleIndex)]);

#[derive(Clone, Copy, PartialEq)]
enum Seen {
    Not,
    /// In the walk that started at this position.
    Walk(usize),
    Root(ExampleIndex),
    NoRoot,
}

impl Variants<'_> {
    /// For each variant the example that its chain starts from, `None` where it never does; and every circle once.
    pub fn roots(&self) -> (Vec<Option<ExampleIndex>>, Vec<Vec<ExampleIndex>>) {
        let mut seen = vec![Seen::Not; self.0.len()];
        let mut circles = Vec::new();
        for start in 0..self.0.len() {
            let mut walk: Vec<usize> = Vec::new();
            let mut at = start;
            let end = loop {
                match seen[at] {
                    Seen::Not => {}
                    Seen::Walk(from) if from == start => {
                        let first = walk.iter().position(|step| *step == at).unwrap_or(0);
                        circles.push(walk[first..].iter().map(|step| self.0[*step].0).collect());
                        break Seen::NoRoot;
                    }
                    end => break end,
                }
                seen[at] = Seen::Walk(start);
                walk.push(at);
                let base = self.0[at].1;
                match self.0.binary_search_by_key(&base, |(variant, _)| *variant) {
                    Ok(next) => at = next,
                    Err(_) => break Seen::Root(base),
                }
            };
            walk.into_iter().for_each(|step| seen[step] = end);
        }
        let roots = seen.into_iter().map(|seen| match seen {
            Seen::Root(root) => Some(root),
            _ => None,
        });
        (roots.collect(), circles)
    }
}
