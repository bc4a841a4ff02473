//! What is wrong with a catalogue, where it stands, and how to mend it.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::ops::Range;

/// One mistake in one file. Its text is one line: `kinds/case.toml:12: what; mend`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The path inside the catalogue folder.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    pub what: String,
    pub mend: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}; {}",
            self.file, self.line, self.what, self.mend
        )
    }
}

/// One file under reading, and the mistakes found in it so far.
#[derive(Debug)]
pub(super) struct File<'a> {
    pub path: &'a str,
    pub text: &'a str,
    found: RefCell<Vec<Mistake>>,
    /// The text is not TOML, so what else is wrong with it may be an echo of that.
    broken: Cell<bool>,
}

/// So many mistakes of one file are told; who mends them is told the next.
const MOST: usize = 200;

impl<'a> File<'a> {
    pub fn new(path: &'a str, text: &'a str) -> Self {
        Self {
            path,
            text,
            found: RefCell::default(),
            broken: Cell::default(),
        }
    }

    pub fn mistake(&self, at: &Range<usize>, what: impl Into<String>, mend: impl Into<String>) {
        if !self.broken.get() {
            self.note(at, what.into(), mend.into());
        }
    }

    /// Notes that a place is not TOML, and from now on nothing but such places.
    pub fn syntax_mistake(&self, at: &Range<usize>, what: &str) {
        self.broken.set(true);
        self.note(at, what.to_owned(), "write it as TOML wants it".to_owned());
    }

    fn note(&self, at: &Range<usize>, what: String, mend: String) {
        if self.found.borrow().len() >= MOST {
            return;
        }
        let before = self.text.get(..at.start).unwrap_or(self.text);
        self.found.borrow_mut().push(Mistake {
            file: self.path.to_owned(),
            line: before.bytes().filter(|b| *b == b'\n').count() + 1,
            what: one_line(what),
            mend: one_line(mend),
        });
    }

    pub fn into_mistakes(self) -> Vec<Mistake> {
        self.found.into_inner()
    }

    /// The name between folder and ending: `kinds/case.toml` is `case`.
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or(self.path);
        name.strip_suffix(".toml").unwrap_or(name)
    }
}

fn one_line(text: String) -> String {
    text.split('\n')
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The mend for a word that is none of those known: the nearest of them, or all of them.
pub(super) fn suggest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let nearest = known
        .iter()
        .map(|word| (distance(given, word), *word))
        .min()
        .filter(|(far, word)| *far <= (word.chars().count() / 3).max(1));
    match nearest {
        Some((_, word)) => format!("did you mean `{word}`?"),
        None if known.is_empty() => "there is none to name here".to_owned(),
        None => format!("use one of {}", list(&known)),
    }
}

fn list(words: &[&str]) -> String {
    const SHOWN: usize = 12;
    let mut text = words
        .iter()
        .take(SHOWN)
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if words.len() > SHOWN {
        text.push_str(", ...");
    }
    text
}

/// How many letters to insert, drop, change or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let changed = rows[i][j] + usize::from(x != y);
            let mut best = changed.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && *x == b[j - 1] {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_one_line_that_begins_with_file_and_line() {
        let file = File::new("kinds/x.toml", "a\nb\nc\n");
        file.mistake(&(4..5), "what is\nwrong", "do this");
        let found = file.into_mistakes();
        assert_eq!(
            found[0].to_string(),
            "kinds/x.toml:3: what is wrong; do this"
        );
    }

    #[test]
    fn a_word_with_two_letters_swapped_is_recognised() {
        assert_eq!(suggest("txet", ["text", "date"]), "did you mean `text`?");
        assert_eq!(suggest("zzzzzz", ["a", "b"]), "use one of `a`, `b`");
    }
}
