//! Reads the source of an expression for what it names, so that a wrong name is a mistake of
//! the file and not an empty cell years later.
//!
//! minijinja tells which variables an expression reads, but not which words its filters are
//! given, nor which codes it compares with; and it has no place for "label of which field". So
//! the expressions of a catalogue are a small part of its language: fields, steps and facts,
//! texts and numbers, operators, and our filters. Everything else is refused here.

use std::ops::Range;

use super::filters::{FILTERS, Operand};
use super::tokens::{Fault, Token, TokenKind, fault, tokens};
use super::uses::{FilterUse, Path, Uses};
use crate::catalogue::mistake::suggest;

/// The uses, and the source as minijinja gets it: filters that must know their field are told
/// its name.
pub(super) fn scan(source: &str) -> Result<(Uses, String), Fault> {
    if source.len() > LONGEST {
        let what = format!("an expression of {} bytes", source.len());
        let mend = format!("say it in {LONGEST} bytes, or in two columns");
        return Err(fault(0..0, what, mend));
    }
    let tokens = tokens(source)?;
    let mut scanner = Scanner {
        source,
        tokens: &tokens,
        next: 0,
        uses: Uses::default(),
        insert: Vec::new(),
    };
    scanner.run()?;
    let Scanner { uses, insert, .. } = scanner;
    let mut compiled = source.to_owned();
    for (at, text) in insert.iter().rev() {
        compiled.insert_str(*at, text);
    }
    Ok((uses, compiled))
}

/// Longer chains of operators would nest deeper than a thread's stack when they are dropped.
const LONGEST: usize = 2_000;

const WORDS: &[&str] = &[
    "and", "or", "not", "in", "if", "else", "true", "false", "none",
];

struct Scanner<'a> {
    source: &'a str,
    tokens: &'a [Token],
    next: usize,
    uses: Uses,
    insert: Vec<(usize, String)>,
}

impl<'a> Scanner<'a> {
    fn run(&mut self) -> Result<(), Fault> {
        // What the value before a `|`, `==` or `in` is, if it is a bare path.
        let mut operand: Option<Path> = None;
        let mut after_value = false;
        while let Some(token) = self.tokens.get(self.next) {
            let text = self.text(token);
            self.next += 1;
            match (token.kind, text) {
                (TokenKind::Name, word) if WORDS.contains(&word) => {
                    if word == "in"
                        && let Some(path) = operand.take()
                    {
                        self.listed(&path);
                    }
                    operand = None;
                    after_value = matches!(word, "true" | "false" | "none");
                }
                (TokenKind::Name, _) => {
                    operand = Some(self.path(token)?);
                    after_value = true;
                }
                (TokenKind::Mark, "|") => {
                    self.filter(operand.take())?;
                    after_value = true;
                }
                (TokenKind::Mark, "==" | "!=") => {
                    if let Some(path) = operand.take()
                        && let Some(other) = self.peek(TokenKind::Text)
                    {
                        let text = self.unquoted(other);
                        self.uses.compared.push((path, text, other.at.clone()));
                    }
                    after_value = false;
                }
                (TokenKind::Mark, "[" | "(") if after_value => {
                    let what = format!("`{text}` directly after a value");
                    return Err(fault(token.at.clone(), what, "use one of the filters"));
                }
                (TokenKind::Mark, "." | "=" | "!") => {
                    let what = format!("`{text}` stands where it means nothing");
                    return Err(fault(
                        token.at.clone(),
                        what,
                        "write f.field, ==, != or not",
                    ));
                }
                (TokenKind::Mark, ")" | "]") => {
                    operand = None;
                    after_value = true;
                }
                (TokenKind::Mark, _) => {
                    operand = None;
                    after_value = false;
                }
                (TokenKind::Text | TokenKind::Number, _) => {
                    operand = None;
                    after_value = true;
                }
            }
        }
        Ok(())
    }

    fn text(&self, token: &Token) -> &'a str {
        &self.source[token.at.clone()]
    }

    fn unquoted(&self, token: &Token) -> String {
        let text = self.text(token);
        text[1..text.len() - 1].to_owned()
    }

    fn peek(&self, kind: TokenKind) -> Option<&'a Token> {
        self.tokens
            .get(self.next)
            .filter(|token| token.kind == kind)
    }

    fn mark(&mut self, mark: &str) -> bool {
        let found = self
            .peek(TokenKind::Mark)
            .is_some_and(|token| self.text(token) == mark);
        if found {
            self.next += 1;
        }
        found
    }

    /// `f.x`, `s.x`, `s.x.by`, `r.x`, `l.x`, `c.x`, or `f` itself.
    fn path(&mut self, head: &Token) -> Result<Path, Fault> {
        let word = self.text(head);
        if !matches!(word, "f" | "s" | "r" | "l" | "c") {
            let mend = if word == "is" {
                "write `f.x == ...` or `not f.x`".to_owned()
            } else {
                format!("a field is written `f.{word}`, a text in quotes")
            };
            return Err(fault(
                head.at.clone(),
                format!("unknown name `{word}`"),
                mend,
            ));
        }
        if !self.mark(".") {
            let next = self.peek(TokenKind::Mark).map(|mark| self.text(mark));
            return match (word, next) {
                ("f", Some("|")) => Ok(Path::Record),
                _ => Err(fault(
                    head.at.clone(),
                    format!("`{word}` alone"),
                    format!("write `{word}.name`"),
                )),
            };
        }
        let Some(name) = self.peek(TokenKind::Name) else {
            let what = format!("no name after `{word}.`");
            return Err(fault(head.at.clone(), what, format!("write `{word}.name`")));
        };
        self.next += 1;
        let text = self.text(name).to_owned();
        let at = name.at.clone();
        let path = match word {
            "f" => {
                self.uses.fields.push((text.clone(), at));
                Path::Field(text)
            }
            "s" => {
                self.uses.steps.push((text.clone(), at));
                if self.mark(".") {
                    self.step_part()?;
                }
                Path::Step(text)
            }
            "l" => {
                self.uses.limits.push((text.clone(), at));
                Path::Limit(text)
            }
            "c" => {
                self.uses.settings.push((text.clone(), at));
                Path::Setting(text)
            }
            _ => {
                self.uses.facts.push((text.clone(), at));
                Path::Fact(text)
            }
        };
        Ok(path)
    }

    fn step_part(&mut self) -> Result<(), Fault> {
        let token = self.tokens.get(self.next);
        let part = token.map(|token| self.text(token)).unwrap_or_default();
        self.next += 1;
        if super::context::STEP_PARTS.contains(&part) {
            return Ok(());
        }
        let at = token.map_or(0..0, |token| token.at.clone());
        let mend = suggest(part, super::context::STEP_PARTS.iter().copied());
        Err(fault(at, format!("unknown part `{part}` of a step"), mend))
    }

    fn filter(&mut self, on: Option<Path>) -> Result<(), Fault> {
        let Some(token) = self.peek(TokenKind::Name) else {
            let at = self.source.len()..self.source.len();
            return Err(fault(at, "no filter after `|`", "name a filter"));
        };
        self.next += 1;
        let name = self.text(token);
        let Some(known) = FILTERS.iter().find(|known| known.name == name) else {
            return Err(fault(
                token.at.clone(),
                format!("unknown filter `{name}`"),
                suggest(name, FILTERS.iter().map(|known| known.name)),
            ));
        };
        let has_args = self.mark("(");
        let args = if has_args {
            self.args(token)?
        } else {
            Vec::new()
        };
        if !known.args.contains(&args.len()) {
            let what = format!("`{name}` has {} arguments", args.len());
            return Err(fault(token.at.clone(), what, known.usage));
        }
        match (known.operand, &on) {
            (Operand::Any, _) | (Operand::Record, Some(Path::Record)) => {}
            (Operand::Field, Some(Path::Field(field))) => {
                let told = format!("'{field}'");
                let insert = if has_args && args.is_empty() {
                    (token.at.end + 1, told)
                } else if has_args {
                    (token.at.end + 1, format!("{told}, "))
                } else {
                    (token.at.end, format!("({told})"))
                };
                self.insert.push(insert);
            }
            (Operand::Field, Some(Path::Fact(fact))) if fact == "state" && name == "label" => {
                // No field can have this name, so the filter knows the state by it.
                self.insert.push((token.at.end, "('@state')".to_owned()));
            }
            (Operand::Field | Operand::Record, _) => {
                let what = format!("`{name}` does not stand directly behind a field");
                return Err(fault(token.at.clone(), what, known.usage));
            }
        }
        self.uses.filters.push(FilterUse {
            name: known.name,
            on,
            args,
            at: token.at.clone(),
        });
        Ok(())
    }

    fn args(&mut self, filter: &Token) -> Result<Vec<(String, Range<usize>)>, Fault> {
        let mut args = Vec::new();
        loop {
            if self.mark(")") {
                return Ok(args);
            }
            let Some(token) = self.peek(TokenKind::Text) else {
                let what = format!("an argument of `{}` is not a text", self.text(filter));
                return Err(fault(filter.at.clone(), what, "write names in quotes"));
            };
            self.next += 1;
            args.push((self.unquoted(token), token.at.clone()));
            if !self.mark(",")
                && self
                    .peek(TokenKind::Mark)
                    .is_none_or(|m| self.text(m) != ")")
            {
                let what = format!("`{}(` is not closed", self.text(filter));
                return Err(fault(filter.at.clone(), what, "add `)`"));
            }
        }
    }

    /// Notes the texts of the list after `in`.
    fn listed(&mut self, path: &Path) {
        let from = self.next;
        if self.mark("[") {
            while let Some(token) = self.peek(TokenKind::Text) {
                self.next += 1;
                let text = self.unquoted(token);
                self.uses
                    .compared
                    .push((path.clone(), text, token.at.clone()));
                self.mark(",");
            }
        }
        self.next = from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_needs_its_field_is_told_the_name() {
        let (_, compiled) =
            scan("f.place ~ ' ' ~ f.category|label ~ f.rows|rows('a', 'b')").unwrap();
        assert_eq!(
            compiled,
            "f.place ~ ' ' ~ f.category|label('category') ~ f.rows|rows('rows', 'a', 'b')"
        );
    }

    #[test]
    fn every_name_is_found_with_its_place() {
        let source = "f.a if r.state == 'open' else (s.b or s.c)|day";
        let (uses, _) = scan(source).unwrap();
        assert_eq!(uses.fields, [("a".to_owned(), 2..3)]);
        assert_eq!(uses.steps.len(), 2);
        assert_eq!(uses.compared[0].1, "open");
        assert_eq!(&source[uses.compared[0].2.clone()], "'open'");
    }

    #[test]
    fn codes_in_a_list_are_compared_codes() {
        let (uses, _) = scan("f.a in ['x', 'y']").unwrap();
        assert_eq!(uses.compared.len(), 2);
    }

    #[test]
    fn a_chain_that_would_nest_too_deep_is_refused() {
        let chain = ["1"; 200_000].join("~");
        assert!(scan(&chain).unwrap_err().what.contains("bytes"));
    }

    #[test]
    fn what_is_no_part_of_the_small_language_is_refused() {
        for source in [
            "f.a.upper()",
            "f['a']",
            "a",
            "f",
            "f.a|map(attribute='x')",
            "f.a|label(f.b)",
            "f.a is defined",
            "s.a.typo",
            "'a",
            "(f.a)|label",
            "f.a|",
            "f.",
            "f.a|rows('x'",
            "range(9)",
            "f.a|length('x')",
            "{'a': 1}",
            "(f.a)('x')",
            "'\\n'",
        ] {
            assert!(scan(source).is_err(), "{source} was taken");
        }
    }
}
