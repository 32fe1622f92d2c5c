//! Rust source, read no deeper than chores need: what is code, what is a literal, which paths it names.
//!
//! in      the text of a file that compiles
//! out     the code with comments and the insides of literals blanked, lines kept; string literals with their lines;
//!         every path, `use` groups written out
//! not     a parser: macros are read as if they were code

#[cfg(test)]
mod tests;

pub struct RustSource {
    code: String,
    pub strings: Vec<(usize, String)>,
}

/// A path that the code names, such as `std::fs::read`, and the line where it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub line: usize,
    pub path: Vec<String>,
}

impl Named {
    /// Whether the path is this one or lies below it.
    pub fn is_under(&self, prefix: &str) -> bool {
        let mut own = self.path.iter();
        prefix.split("::").all(|part| own.next().is_some_and(|name| name == part))
    }
}

impl RustSource {
    pub fn of(text: &str) -> Self {
        let mut reader =
            Reader { left: text.chars().collect(), at: 0, line: 1, code: String::new(), strings: Vec::new() };
        reader.read();
        RustSource { code: reader.code, strings: reader.strings }
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    /// The same without items marked `#[cfg(test)]`.
    pub fn without_tests(mut self) -> Self {
        const MARK: &str = "#[cfg(test)]";
        while let Some(start) = self.code.find(MARK) {
            let end = item_end(&self.code, start + MARK.len());
            let first = line_of(&self.code, start);
            let last = line_of(&self.code, end);
            self.strings.retain(|(line, _)| *line < first || *line > last);
            let blank: String = self.code[start..end].chars().map(|c| if c == '\n' { c } else { ' ' }).collect();
            self.code.replace_range(start..end, &blank);
        }
        self
    }

    /// Modules that this file declares and other files hold, in order; `mod a { mod b; }` is `a`, `b`.
    pub fn modules(&self) -> Vec<Vec<String>> {
        let words = words(&self.code);
        let word = |at: usize| words.get(at).map_or("", |(_, word)| word.as_str());
        let mut found = Vec::new();
        // For each open brace, the module that it opens, if it does.
        let mut open: Vec<Option<String>> = Vec::new();
        for at in 0..words.len() {
            match (word(at), at.checked_sub(2).map_or("", word)) {
                ("{", "mod") => open.push(Some(word(at - 1).to_owned())),
                ("{", _) => open.push(None),
                ("}", _) => {
                    open.pop();
                }
                (";", "mod") => {
                    let inside = open.iter().flatten().cloned();
                    found.push(inside.chain([word(at - 1).to_owned()]).collect());
                }
                _ => {}
            }
        }
        found
    }

    /// Every path of two parts or more, and every single name; `use a::{b, c}` counts as `a::b` and `a::c`.
    pub fn paths(&self) -> Vec<Named> {
        let mut named = Vec::new();
        let words = words(&self.code);
        let mut at = 0;
        while at < words.len() {
            if words[at].1 == "use" {
                at = use_tree(&words, at + 1, &[], &mut named);
            } else if is_name(&words[at].1) {
                at = plain_path(&words, at, &mut named);
            } else {
                at += 1;
            }
        }
        named
    }
}

/// The line of a byte offset, from 1.
pub fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Where the item that starts here ends: at its `;`, or where its braces close.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0usize;
    for (at, c) in code[start..].char_indices() {
        match c {
            ';' if depth == 0 => return start + at + 1,
            '{' | '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return start + at + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Names, `::` and single marks, with their lines.
fn words(code: &str) -> Vec<(usize, String)> {
    let mut words: Vec<(usize, String)> = Vec::new();
    let mut line = 1;
    let mut joined = false;
    let mut colon = false;
    for c in code.chars() {
        let in_name = c.is_alphanumeric() || c == '_';
        match words.last_mut() {
            Some((_, word)) if in_name && joined => word.push(c),
            Some((_, word)) if c == ':' && colon => {
                word.push(c);
                colon = false;
                joined = false;
                continue;
            }
            _ if !c.is_whitespace() => words.push((line, c.to_string())),
            _ => {}
        }
        joined = in_name;
        colon = c == ':';
        line += usize::from(c == '\n');
    }
    words
}

fn plain_path(words: &[(usize, String)], start: usize, named: &mut Vec<Named>) -> usize {
    let mut path = vec![words[start].1.clone()];
    let mut at = start + 1;
    while words.get(at).is_some_and(|word| word.1 == "::") && words.get(at + 1).is_some_and(|word| is_name(&word.1)) {
        path.push(words[at + 1].1.clone());
        at += 2;
    }
    named.push(Named { line: words[start].0, path });
    at
}

/// Writes a `use` tree out; gives the place after it.
fn use_tree(words: &[(usize, String)], start: usize, prefix: &[String], named: &mut Vec<Named>) -> usize {
    let mut path = prefix.to_vec();
    let mut at = start;
    while let Some((line, word)) = words.get(at) {
        match word.as_str() {
            "::" => at += 1,
            "{" => {
                at += 1;
                while words.get(at).is_some_and(|word| word.1 != "}") {
                    at = use_tree(words, at, &path, named);
                    at += usize::from(words.get(at).is_some_and(|word| word.1 == ","));
                }
                return at + 1;
            }
            "as" => at += 2,
            _ if is_name(word) || word == "*" => {
                path.push(word.clone());
                at += 1;
            }
            _ => {
                if path.len() > prefix.len() {
                    named.push(Named { line: *line, path });
                }
                // A mark that no tree holds is passed over, so that reading always moves on.
                return at + usize::from(at == start && word != "}");
            }
        }
    }
    at
}

struct Reader {
    left: Vec<char>,
    at: usize,
    line: usize,
    code: String,
    strings: Vec<(usize, String)>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.left.get(self.at + ahead).copied()
    }

    /// Takes one character and writes it, or a blank in its place.
    fn take(&mut self, shown: bool) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(c == '\n');
        self.code.push(if shown || c == '\n' { c } else { ' ' });
        Some(c)
    }

    fn read(&mut self) {
        let mut in_name = false;
        while let Some(c) = self.peek(0) {
            let after_name = std::mem::replace(&mut in_name, c.is_alphanumeric() || c == '_');
            match (c, self.peek(1)) {
                ('/', Some('/')) => while self.peek(0).is_some_and(|c| c != '\n') && self.take(false).is_some() {},
                ('/', Some('*')) => self.block_comment(),
                ('"', _) => self.string(0, true),
                ('r', Some('"' | '#')) | ('b', Some('r')) if !after_name && self.raw_hashes().is_some() => {
                    let hashes = self.raw_hashes().unwrap_or(0);
                    while self.peek(0) != Some('"') && self.take(false).is_some() {}
                    self.string(hashes, false);
                    in_name = false;
                }
                ('\'', _) => self.character(),
                _ => {
                    self.take(true);
                }
            }
        }
    }

    /// Hashes of the raw string that starts here; `None` where none does (`r#name` is a name).
    fn raw_hashes(&self) -> Option<usize> {
        let start = if self.peek(0) == Some('b') { 2 } else { 1 };
        let hashes = (start..).take_while(|ahead| self.peek(*ahead) == Some('#')).count();
        (self.peek(start + hashes) == Some('"')).then_some(hashes)
    }

    fn block_comment(&mut self) {
        let mut depth = 0usize;
        while let Some(c) = self.peek(0) {
            let pair = (c, self.peek(1));
            self.take(false);
            match pair {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => continue,
            }
            self.take(false);
            if depth == 0 {
                return;
            }
        }
    }

    /// A string literal, from its opening quote.
    fn string(&mut self, hashes: usize, escapes: bool) {
        let line = self.line;
        self.take(true);
        let mut text = String::new();
        while let Some(c) = self.peek(0) {
            if c == '\\' && escapes {
                text.extend(self.take(false));
                text.extend(self.take(false));
                continue;
            }
            if c == '"' && (1..=hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                self.take(true);
                (0..hashes).for_each(|_| {
                    self.take(false);
                });
                break;
            }
            text.extend(self.take(false));
        }
        self.strings.push((line, text));
    }

    /// A character literal or a lifetime, from its quote.
    fn character(&mut self) {
        let closes = match self.peek(1) {
            Some('\\') => (3..12).find(|ahead| self.peek(*ahead) == Some('\'')),
            Some(_) if self.peek(2) == Some('\'') => Some(2),
            _ => None,
        };
        self.take(true);
        if let Some(closes) = closes {
            (1..closes).for_each(|_| {
                self.take(false);
            });
            self.take(true);
        }
    }
}
