//! Which files and functions are long. Prints, refuses nothing: STYLE.md says what the numbers are for.

use crate::rust_source::RustSource;
use crate::tree::{self, Tree, crate_of, is_test};

const FILE: [usize; 2] = [200, 400];
const FUNCTION: [usize; 2] = [20, 40];

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

pub fn main() -> bool {
    let tree = match Tree::read(&tree::root()) {
        Ok(tree) => tree,
        Err(cause) => {
            eprintln!("error: the tree cannot be read: {cause}");
            return false;
        }
    };
    print!("{}", report(&tree));
    true
}

fn report(tree: &Tree) -> String {
    let mut files: Vec<(usize, String)> = Vec::new();
    let mut functions: Vec<(usize, String)> = Vec::new();
    for (path, text) in tree.rust().filter(|(path, _)| crate_of(path).is_some() && !is_test(path)) {
        files.push((text.lines().count(), path.to_owned()));
        let code = RustSource::of(text).without_tests();
        functions.extend(
            self::functions(code.code()).into_iter().map(|f| (f.lines, format!("{path}:{} {}", f.line, f.name))),
        );
    }
    format!("{}\n{}", told("files", files, FILE), told("functions", functions, FUNCTION))
}

/// `files: 90, 12 over 200 lines, 3 over 400`, then those over the second number, longest first.
fn told(what: &str, mut all: Vec<(usize, String)>, [most, twice]: [usize; 2]) -> String {
    all.sort_by(|a, b| b.cmp(a));
    let over = |limit: usize| all.iter().filter(|(lines, _)| *lines > limit).count();
    let mut text = format!("{what}: {}, {} over {most} lines, {} over {twice}\n", all.len(), over(most), over(twice));
    for (lines, place) in all.iter().take_while(|(lines, _)| *lines > twice) {
        text.push_str(&format!("  {lines:>4}  {place}\n"));
    }
    text
}

/// Functions with a body; an inner one counts in the outer one too.
fn functions(code: &str) -> Vec<Function> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some((before, rest)) = line.split_once("fn ") else { continue };
        if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if let Some(length) = body_length(&lines[at..], before.len()).filter(|_| !name.is_empty()) {
            found.push(Function { name, line: at + 1, lines: length });
        }
    }
    found
}

/// Lines up to where the first brace closes, read from a place in the first line; `None` where a `;` comes first.
fn body_length(lines: &[&str], start: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut round = 0usize;
    for (at, line) in lines.iter().enumerate() {
        for c in line[if at == 0 { start } else { 0 }..].chars() {
            match c {
                '(' | '[' => round += 1,
                ')' | ']' => round = round.saturating_sub(1),
                ';' if depth == 0 && round == 0 => return None,
                '{' => depth += 1,
                '}' if depth == 1 => return Some(at + 1),
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_functions_are_listed_with_their_place() {
        let body = "    step();\n".repeat(45);
        let text =
            format!("trait T {{ fn only_named(&self, a: [u8; 2]); }}\n\npub fn long() {{\n{body}}}\nfn short() {{}}\n");
        let told = report(&Tree::of(&[("crates/stats/src/lib.rs", &text)]));
        assert!(
            told.contains("functions: 2, 1 over 20 lines, 1 over 40\n    47  crates/stats/src/lib.rs:3 long\n"),
            "{told}"
        );
        assert!(told.contains("files: 1, 0 over 200 lines, 0 over 400\n"), "{told}");
    }
}
