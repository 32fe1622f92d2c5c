//! The command that does a duty, as it can be run where the agenda is asked.
//!
//! in      the words of a command of ours, where the eval lies from there, and who is to do it
//! out     one line for a shell
//! errors  none: what a shell would take apart is quoted

use camino::Utf8Path;

/// A command before it is known where the eval lies, and who says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    words: Vec<String>,
    /// The eval is its last word; else `--eval` names it.
    is_last: bool,
    /// What is said is kept with a name.
    is_signed: bool,
}

impl Command {
    /// A command that takes the eval as its last word: `check`.
    pub fn on_eval(words: &[&str]) -> Self {
        Command { words: owned(words), is_last: true, is_signed: false }
    }

    /// A command about something of the eval, which `--eval` names: `incident cover ID`.
    pub fn of_eval(words: &[&str]) -> Self {
        Command { words: owned(words), is_last: false, is_signed: false }
    }

    /// The role that is to do it says so: `--by ROLE`.
    pub fn signed(mut self) -> Self {
        self.is_signed = true;
        self
    }

    /// The line for a shell, in the folder from which the eval is named so.
    pub fn line(&self, eval: &Utf8Path, role: &str) -> String {
        let mut words = vec!["plimsoll".to_owned()];
        words.extend(self.words.iter().cloned());
        if self.is_signed {
            words.extend(["--by".to_owned(), role.to_owned()]);
        }
        let is_here = eval == "." || eval == "";
        match (is_here, self.is_last) {
            (true, _) => {}
            (false, true) => words.push(eval.to_string()),
            (false, false) => words.extend(["--eval".to_owned(), eval.to_string()]),
        }
        words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A word that a shell reads as it is.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_eval_where_it_lies_elsewhere() {
        let cover = Command::of_eval(&["incident", "cover", "x"]).signed();
        assert_eq!(cover.line(Utf8Path::new("."), "policy"), "plimsoll incident cover x --by policy");
        assert_eq!(
            cover.line(Utf8Path::new("evals/a b"), "policy"),
            "plimsoll incident cover x --by policy --eval 'evals/a b'"
        );
        let check = Command::on_eval(&["check"]);
        assert_eq!(check.line(Utf8Path::new("evals/support"), "policy"), "plimsoll check evals/support");
    }

    #[test]
    fn what_a_shell_would_take_apart_is_quoted() {
        let line = |word: &str| Command::of_eval(&[word]).line(Utf8Path::new(""), "");
        assert_eq!(line("it's $HOME; rm"), r"plimsoll 'it'\''s $HOME; rm'");
        assert_eq!(line(""), "plimsoll ''");
        assert_eq!(line("risk=high"), "plimsoll risk=high");
    }
}
