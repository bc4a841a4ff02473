//! A place in a cell where the register number of another record goes once the page is built.

use std::fmt;

/// The number of a record in a book. While a line is stored it is text between two characters
/// of the private use area, which is kept out of everything people write.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ref {
    pub book: String,
    /// The record's id, as the record field holds it.
    pub record: String,
}

const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{OPEN}{}:{}{CLOSE}", self.book, self.record)
    }
}

impl Ref {
    /// The references in a text, in order.
    pub fn find(text: &str) -> Vec<Ref> {
        let mut found = Vec::new();
        Self::replace(text, |reference| {
            found.push(reference);
            String::new()
        });
        found
    }

    /// The text with every reference replaced.
    pub fn replace(text: &str, mut number: impl FnMut(Ref) -> String) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, marked)) = rest.split_once(OPEN) {
            out.push_str(before);
            let Some((inside, after)) = marked.split_once(CLOSE) else {
                rest = marked;
                break;
            };
            if let Some((book, record)) = inside.split_once(':') {
                out.push_str(&number(Ref {
                    book: book.to_owned(),
                    record: record.to_owned(),
                }));
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

/// A text that people wrote, without the two characters that would make it a reference.
pub(super) fn clean(text: &str) -> String {
    text.replace([OPEN, CLOSE], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_inside_a_sentence_is_replaced_by_its_number() {
        let reference = Ref {
            book: "R3".to_owned(),
            record: "ab12".to_owned(),
        };
        let text = format!("见{reference}。");
        assert_eq!(Ref::find(&text), [reference]);
        assert_eq!(
            Ref::replace(&text, |r| format!("<{}>", r.record)),
            "见<ab12>。"
        );
    }

    #[test]
    fn nobody_can_write_a_reference_by_hand() {
        assert_eq!(Ref::find(&clean("\u{E000}R3:ab12\u{E001}")), []);
        assert_eq!(Ref::replace("a\u{E000}b", |_| "x".to_owned()), "ab");
    }
}
