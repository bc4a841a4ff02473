//! What a book prints: its pages, rows, columns and numbers.

use std::collections::BTreeMap;

use super::block;
use super::expr::Expr;
use super::kind::Personal;
use super::names::{Label, words};

/// A register computed from records.
///
/// Of a loaded catalogue it holds that: column ids are unique; every kind, field, step and
/// limit that is named exists; every cell of a source names a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Book {
    pub name: String,
    pub label: Label,
    pub page: PageBy,
    /// Lines with one key fold into one row.
    pub row: Vec<RowKey>,
    /// Columns by which rows are sorted; rows that are equal in them come by day, then record.
    pub order: Vec<String>,
    pub footer: Vec<Footer>,
    /// The roles that may review and seal a page.
    pub review: Vec<String>,
    pub number: Option<NumberRule>,
    pub columns: Vec<Column>,
    pub sources: Vec<Source>,
}

impl Book {
    /// Whether people read it. The facts behind the metrics have no form of their own.
    pub fn has_pages(&self) -> bool {
        self.page != PageBy::Nothing
    }

    pub fn column(&self, id: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.id == id)
    }

    pub fn source(&self, kind: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.kind == kind)
    }

    /// The expression of a column for records of a source: the source's own, else the column's.
    pub fn cell<'a>(&'a self, source: &'a Source, column: &'a Column) -> Option<&'a Expr> {
        source.cells.get(&column.id).or(column.cell.as_ref())
    }
}

words!(
    /// What one page holds.
    PageBy, "page" {
        Day = "day",
        Month = "month",
        /// Rows one after the other, as many as fit.
        Sequence = "sequence",
        /// It has none: its lines are facts that something else reads.
        Nothing = "none",
    }
);

/// One part of a row's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowKey {
    /// The record itself.
    Record,
    /// The record's day.
    Day,
    /// The value of the source's `per`, by default the author.
    Officer,
    /// The record that this field links to; the record itself where its kind has no such field.
    Link(String),
}

words!(
    /// What stands below the rows.
    Footer, "footer" {
        Summary = "summary",
        /// Which devices have not sent everything.
        Coverage = "coverage",
        Amendments = "amendments",
    }
);

words!(
    /// How the lines of one row become one cell.
    Fold, "fold" {
        First = "first",
        /// All of them, by happened, then record id.
        List = "list",
        /// As `list`, but equal texts once: a recorder stands there once for six records.
        Once = "once",
        Sum = "sum",
        /// First start to last end.
        Span = "span",
        /// Numbers of other records, filled in when the page is built.
        Refs = "refs",
        /// Numbers of a block of forms: each stands once, and is one of the block's.
        Sheets = "sheets",
    }
);

/// A column. Its text comes from the source's own expression for it, else from `cell`, else
/// from `field`; `#`, `number` and `amendments` come from the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub id: String,
    pub label: Label,
    pub fold: Fold,
    pub cell: Option<Expr>,
    /// A bare word in `columns`: the field whose label, printed form and mask it takes over.
    pub field: Option<String>,
    /// The time limit whose state is shown with it.
    pub limit: Option<String>,
    /// Declared, or taken from the first personal field that one of its expressions reads.
    pub personal: Option<Personal>,
    /// Not declared: what is personal in it is what its expressions read of personal fields, and
    /// the rest of its text stands for everybody.
    pub personal_in_part: bool,
}

impl Column {
    /// The id of the serial number within the page.
    pub const SERIAL: &str = "#";
    /// The id of the register number.
    pub const NUMBER: &str = "number";
    /// The id of the column that lists the amendments of its row (更正记录).
    pub const AMENDMENTS: &str = "amendments";
}

/// One kind that feeds the book.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub kind: String,
    /// The people (or other texts) that get one line each; by default the author.
    pub per: Option<Expr>,
    /// Only records of which it is true feed the book.
    pub when: Option<Expr>,
    /// What the record says at the foot of the page.
    pub summary: Option<Expr>,
    pub cells: BTreeMap<String, Expr>,
}

/// When a record gets its register number, and what that looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberRule {
    /// The steps at whose first admission the record is numbered, or `create`.
    pub when: Vec<String>,
    /// As written: `{word}案〔{year}〕第{n:4}号`.
    pub format: String,
    pub(super) parts: Vec<NumberPart>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NumberPart {
    Text(String),
    /// The station's word (字).
    Word,
    Year,
    /// Counted from 1 each year, with zeros in front up to so many digits.
    N(usize),
    /// The record is a block of numbers: the first and the last of them.
    Range(usize),
}

impl NumberRule {
    /// The number of the `n`th record of `year`.
    pub fn text(&self, word: &str, year: i16, n: u64) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                NumberPart::Text(text) => text.clone(),
                NumberPart::Word => word.to_owned(),
                NumberPart::Year => year.to_string(),
                NumberPart::N(width) => format!("{n:0width$}"),
                NumberPart::Range(width) => block::range(n, *width),
            })
            .collect()
    }

    /// Whether its numbers are blocks of numbers.
    pub fn is_of_blocks(&self) -> bool {
        let is_range = |part: &NumberPart| matches!(part, NumberPart::Range(_));
        self.parts.iter().any(is_range)
    }

    /// The parts of a format, or what is wrong with it.
    pub(super) fn parse(format: &str) -> Result<Vec<NumberPart>, String> {
        let mut parts = Vec::new();
        let mut rest = format;
        while let Some(open) = rest.find('{') {
            if open > 0 {
                parts.push(NumberPart::Text(rest[..open].to_owned()));
            }
            let Some(len) = rest[open..].find('}') else {
                return Err("a `{` is not closed".to_owned());
            };
            let name = &rest[open + 1..open + len];
            parts.push(match name {
                "word" => NumberPart::Word,
                "year" => NumberPart::Year,
                "n" => NumberPart::N(1),
                other => {
                    let width = |(_, width): (&str, &str)| width.parse().ok();
                    let width = other.split_once(':').and_then(width);
                    match (other.split(':').next(), width) {
                        (Some("n"), Some(width @ 1..=12)) => NumberPart::N(width),
                        (Some("range"), Some(width @ 1..=12)) => NumberPart::Range(width),
                        _ => return Err(format!("unknown placeholder `{{{other}}}`")),
                    }
                }
            });
            rest = &rest[open + len + 1..];
        }
        if !rest.is_empty() {
            parts.push(NumberPart::Text(rest.to_owned()));
        }
        let counts = |part: &NumberPart| matches!(part, NumberPart::N(_) | NumberPart::Range(_));
        if !parts.iter().any(counts) {
            return Err("the format has no `{n}`, so all records would get one number".to_owned());
        }
        if !parts.contains(&NumberPart::Year) {
            return Err(
                "the format has no `{year}`, but counting begins anew each year".to_owned(),
            );
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_word_year_and_padded_count() {
        let format = "{word}案〔{year}〕第{n:4}号";
        let rule = NumberRule {
            when: vec!["filed".to_owned()],
            format: format.to_owned(),
            parts: NumberRule::parse(format).unwrap(),
        };
        assert_eq!(rule.text("锦城", 2026, 7), "锦城案〔2026〕第0007号");
    }

    #[test]
    fn the_number_of_a_block_is_its_range_and_names_every_sheet_once() {
        let format = "{word}当罚〔{year}〕{range:6}号";
        let rule = NumberRule {
            when: vec!["asked".to_owned()],
            format: format.to_owned(),
            parts: NumberRule::parse(format).unwrap(),
        };
        assert!(rule.is_of_blocks());
        let second = rule.text("锦—城", 2026, 2);
        assert_eq!(second, "锦—城当罚〔2026〕000026—000050号");
        let (first, second) = (
            block::sheets(&rule.text("锦—城", 2026, 1)),
            block::sheets(&second),
        );
        assert_eq!(second.first().unwrap(), "锦—城当罚〔2026〕000026号");
        assert_eq!(second.last().unwrap(), "锦—城当罚〔2026〕000050号");
        let all: std::collections::BTreeSet<_> = first.iter().chain(&second).collect();
        assert_eq!(all.len() as u64, 2 * block::SHEETS);
    }

    #[test]
    fn a_format_that_cannot_tell_numbers_apart_is_refused() {
        assert!(NumberRule::parse("案〔{year}〕").is_err());
        assert!(NumberRule::parse("第{n}号").is_err());
        assert!(NumberRule::parse("{year}-{n:0}").is_err());
        assert!(NumberRule::parse("{year}-{nr}").is_err());
    }
}
