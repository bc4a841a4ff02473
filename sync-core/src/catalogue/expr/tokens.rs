//! The words and marks of an expression.

use std::ops::Range;

pub(super) fn tokens(source: &str) -> Result<Vec<Token>, Fault> {
    let mut found = Vec::new();
    let mut rest = source.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        let mut end = start + c.len_utf8();
        let kind = match c {
            ' ' | '\t' | '\n' | '\r' => continue,
            '\'' | '"' => {
                let mut closed = false;
                for (i, d) in rest.by_ref() {
                    end = i + d.len_utf8();
                    if d == '\\' {
                        return Err(fault(
                            i..end,
                            "a `\\` in a text",
                            "write the character itself",
                        ));
                    }
                    if d == c {
                        closed = true;
                        break;
                    }
                }
                if !closed {
                    return Err(fault(start..end, "a text is not closed", "add the quote"));
                }
                TokenKind::Text
            }
            c if c.is_ascii_alphanumeric() || c == '_' => {
                let number = c.is_ascii_digit();
                while let Some((i, d)) = rest.peek().copied() {
                    if !(d.is_ascii_alphanumeric() || d == '_' || number && d == '.') {
                        break;
                    }
                    end = i + d.len_utf8();
                    rest.next();
                }
                if number {
                    TokenKind::Number
                } else {
                    TokenKind::Name
                }
            }
            '=' | '!' | '<' | '>' => {
                if let Some((i, '=')) = rest.peek().copied() {
                    end = i + 1;
                    rest.next();
                }
                TokenKind::Mark
            }
            '|' | '.' | '(' | ')' | '[' | ']' | ',' | '~' | '+' | '-' | '*' | '/' | '%' => {
                TokenKind::Mark
            }
            other => {
                return Err(fault(
                    start..end,
                    format!("`{other}` outside a text"),
                    "put texts in quotes",
                ));
            }
        };
        found.push(Token {
            kind,
            at: start..end,
        });
    }
    Ok(found)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub at: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Name,
    Text,
    Number,
    Mark,
}

/// What is wrong at a place of the source, and the mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::catalogue) struct Fault {
    pub at: Range<usize>,
    pub what: String,
    pub mend: String,
}

pub(super) fn fault(at: Range<usize>, what: impl Into<String>, mend: impl Into<String>) -> Fault {
    Fault {
        at,
        what: what.into(),
        mend: mend.into(),
    }
}
