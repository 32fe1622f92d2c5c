//! Two small systems to test: labellers by word lists, written for this converter. They are no product, and nobody's answers.
//!
//! `plain` counts words. `careful` also hears what turns them around (not, never, a `no` at the end), makes them stronger or
//! weaker, or lays them in the past.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A sentiment: a score from bad to good, 10 for each plain word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentiment {
    pub score: i32,
}

impl Sentiment {
    pub fn label(self) -> &'static str {
        match self.score {
            1.. => "positive",
            0 => "neutral",
            _ => "negative",
        }
    }
}

const GOOD: &str = "good great excellent amazing extraordinary beautiful fantastic nice incredible exceptional awesome perfect \
    fun happy adorable brilliant exciting sweet wonderful like enjoy appreciate love recommend admire welcome liked enjoyed \
    appreciated loved admired welcomed thanks thank best better helpful friendly";
const BAD: &str = "awful bad horrible weird rough lousy unhappy difficult poor sad frustrating lame nasty annoying boring \
    creepy dreadful ridiculous terrible ugly unpleasant hate dislike regret abhor dread despise hated disliked regretted \
    abhorred dreaded despised worst worse rude late lost delayed cancelled";
const TURNS: &str = "not never no isn't wasn't aren't don't didn't won't can't couldn't wouldn't doesn't";
const STRONGER: &str = "very really extremely absolutely incredibly amazingly totally utterly truly highly especially \
    particularly exceedingly unbelievably definitely";
const WEAKER: &str = "probably generally somewhat slightly mostly reasonably kinda little bit";
/// How far back a word that turns is heard.
const HEARD: usize = 4;

/// What a word does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Good,
    Bad,
    Turns,
    Stronger,
    Weaker,
}

static PARTS: LazyLock<BTreeMap<&str, Part>> = LazyLock::new(|| {
    let lists = [
        (GOOD, Part::Good),
        (BAD, Part::Bad),
        (TURNS, Part::Turns),
        (STRONGER, Part::Stronger),
        (WEAKER, Part::Weaker),
    ];
    lists.into_iter().flat_map(|(list, part)| list.split_whitespace().map(move |word| (word, part))).collect()
});

fn part(word: &str) -> Option<Part> {
    PARTS.get(word).copied()
}

fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphabetic() && c != '\'');
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}

fn value(word: &str) -> i32 {
    match part(word) {
        Some(Part::Good) => 10,
        Some(Part::Bad) => -10,
        _ => 0,
    }
}

pub fn plain(text: &str) -> Sentiment {
    Sentiment { score: words(text).iter().map(|word| value(word)).sum() }
}

pub fn careful(text: &str) -> Sentiment {
    let clauses: Vec<Vec<String>> = text.split([',', '.', '?', '!', ';']).map(words).collect();
    let of: Vec<i32> = clauses.iter().map(|clause| of_clause(clause)).collect();
    let is_past = |clause: &[String]| {
        let text = clause.join(" ");
        ["used to", "in the past", "heard", "i thought"].iter().any(|mark| text.contains(mark))
    };
    let elsewhere = |at: usize| of.iter().enumerate().any(|(other, score)| other != at && *score != 0);
    let weighed = clauses.iter().zip(&of).enumerate().map(|(at, (clause, score))| match is_past(clause) {
        true if elsewhere(at) => 0,
        true => score / 2,
        false => *score,
    });
    let score = weighed.sum();
    let last = clauses.iter().rev().find_map(|clause| clause.last());
    let turned = last.is_some_and(|word| matches!(word.as_str(), "not" | "no"));
    Sentiment { score: if turned { turn(score) } else { score } }
}

/// What is not good is bad; what is not bad need not be good.
fn turn(score: i32) -> i32 {
    (-score).min(0)
}

fn of_clause(words: &[String]) -> i32 {
    let score = |at: usize| {
        let plain = value(&words[at]);
        if plain == 0 {
            return 0;
        }
        let before = &words[at.saturating_sub(HEARD)..at];
        let sized = match before.last().and_then(|word| part(word)) {
            Some(Part::Stronger) => plain * 3 / 2,
            Some(Part::Weaker) => plain / 2,
            _ => plain,
        };
        let turned = before.iter().any(|word| part(word) == Some(Part::Turns));
        if turned { turn(sized) } else { sized }
    };
    (0..words.len()).map(score).sum()
}
