//! What stands in a cell of a spreadsheet: a number, a day and a moment as what they are,
//! everything else as text, with what was struck out before what holds.

use jiff::civil::{Date, DateTime};
use sync_core::book::PageCell;
use sync_core::catalogue::{Book, Catalogue, Column, Field, FieldType, Fold, Language};

use super::style::lines;

/// What the texts of a column are, as far as the catalogue can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    Number,
    Day,
    Moment,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    Blank,
    Text(String),
    Number(f64),
    Day(Date),
    Moment(DateTime),
    /// Pieces one after the other.
    Pieces(Vec<Piece>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub ink: Ink,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Plain,
    /// It holds no more.
    Struck,
    /// It stands in the place of what was struck out.
    New,
    /// One of several values; a person has to decide.
    Contested,
}

impl Shape {
    pub fn of(column: &Column, book: &Book, catalogue: &Catalogue) -> Shape {
        if column.id == Column::SERIAL || column.fold == Fold::Sum {
            return Shape::Number;
        }
        if !matches!(column.fold, Fold::First | Fold::Once) {
            return Shape::Text;
        }
        let mut shapes = book.sources.iter().filter_map(|source| {
            if let Some(expr) = book.cell(source, column) {
                return Some(Shape::of_expression(expr.source()));
            }
            let kind = catalogue.kinds.get(&source.kind)?;
            Some(Shape::of_field(kind.field(column.field.as_ref()?)?))
        });
        let first = shapes.next().unwrap_or(Shape::Text);
        match shapes.all(|shape| shape == first) {
            true => first,
            false => Shape::Text,
        }
    }

    fn of_field(field: &Field) -> Shape {
        match field.ty {
            _ if field.many => Shape::Text,
            FieldType::Date => Shape::Day,
            FieldType::Instant => Shape::Moment,
            FieldType::Integer | FieldType::Decimal | FieldType::Money => Shape::Number,
            _ => Shape::Text,
        }
    }

    /// By the filter that makes all of its text.
    fn of_expression(source: &str) -> Shape {
        match source.rsplit_once('|') {
            Some((before, _)) if before.contains('~') => Shape::Text,
            Some((_, "day")) => Shape::Day,
            Some((_, "moment")) => Shape::Moment,
            Some(_) | None => Shape::Text,
        }
    }

    /// The text as what it is, if it has the form to the letter; else as it stands.
    fn read(self, text: &str) -> Content {
        let read = match self {
            Shape::Text => None,
            Shape::Number => number(text).map(Content::Number),
            Shape::Day => day(text).map(Content::Day),
            Shape::Moment => moment(text).map(Content::Moment),
        };
        read.unwrap_or_else(|| match text {
            "" => Content::Blank,
            text => Content::Text(text.to_owned()),
        })
    }
}

impl Content {
    pub fn of(cell: &PageCell, shape: Shape, language: Language, struck: bool) -> Content {
        let mut pieces = Vec::new();
        for amendment in cell.amended.iter().filter(|one| one.replaces()) {
            pieces.push(Piece {
                text: amendment.old.get(language).to_owned(),
                ink: Ink::Struck,
            });
        }
        for part in cell.parts.iter().filter(|part| part.struck && !struck) {
            pieces.push(Piece {
                text: part.text.get(language).to_owned(),
                ink: Ink::Struck,
            });
        }
        pieces.retain(|piece| !piece.text.is_empty());
        let text = cell.text.get(language);
        if struck {
            // All that was said, since nothing of it holds.
            let parts = cell.parts.iter().map(|part| part.text.get(language));
            let said: Vec<&str> = parts.filter(|text| !text.is_empty()).collect();
            let said = if said.is_empty() {
                text.to_owned()
            } else {
                said.join("\n")
            };
            return match said.as_str() {
                "" => Content::Blank,
                _ => Content::Pieces(vec![Piece {
                    text: said,
                    ink: Ink::Struck,
                }]),
            };
        }
        if pieces.is_empty() && !cell.conflict {
            return match cell.number.filter(|n| text == plain(*n)) {
                Some(number) => Content::Number(number),
                None => shape.read(text),
            };
        }
        let ink = match (cell.conflict, pieces.is_empty()) {
            (true, _) => Ink::Contested,
            (false, true) => Ink::Plain,
            (false, false) => Ink::New,
        };
        if !text.is_empty() {
            pieces.push(Piece {
                text: text.to_owned(),
                ink,
            });
        }
        match pieces.is_empty() {
            true => Content::Blank,
            false => Content::Pieces(pieces),
        }
    }

    /// What cannot be broken into lines.
    pub fn least(&self, language: Language) -> usize {
        match self {
            Content::Number(_) | Content::Day(_) | Content::Moment(_) => self.width(language),
            Content::Blank | Content::Text(_) | Content::Pieces(_) => 0,
        }
    }

    /// How many lines it takes in a column of that width.
    pub fn lines(&self, width: f64) -> usize {
        match self {
            Content::Text(text) => lines(text, width),
            Content::Pieces(pieces) => pieces.iter().map(|piece| lines(&piece.text, width)).sum(),
            Content::Blank | Content::Number(_) | Content::Day(_) | Content::Moment(_) => 1,
        }
    }

    /// How wide its longest line is, in halves of a Chinese character.
    pub fn width(&self, language: Language) -> usize {
        match self {
            Content::Blank => 0,
            Content::Text(text) => width(text),
            Content::Number(n) => n.to_string().len() + 1,
            // `2026年12月31日 23时59分`, `31 Dec 2026, 23:59`
            Content::Day(_) => match language {
                Language::Zh => 14,
                Language::En => 11,
            },
            Content::Moment(_) => match language {
                Language::Zh => 23,
                Language::En => 18,
            },
            Content::Pieces(pieces) => {
                let widths = pieces.iter().map(|piece| width(&piece.text));
                widths.max().unwrap_or_default()
            }
        }
    }
}

pub fn width(text: &str) -> usize {
    let line = |line: &str| line.chars().map(|c| 1 + usize::from(c >= '\u{1100}')).sum();
    text.lines().map(line).max().unwrap_or_default()
}

/// As cells print sums, where no digit is lost.
fn plain(n: f64) -> String {
    match n.fract() == 0.0 {
        true => format!("{:.0}", n + 0.0),
        false => format!("{n:.2}"),
    }
}

/// Digits that a spreadsheet keeps to the last one, and no code with zeros before it.
fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let padded = whole.len() > 1 && whole.starts_with('0');
    (is_number(whole) && is_number(part) && !padded && digits.len() <= 15)
        .then(|| text.parse().ok())
        .flatten()
}

/// How the books print days and moments, in both languages.
const DAYS: [&str; 3] = ["%Y年%-m月%-d日", "%-d %b %Y", "%Y-%m-%d"];
const MOMENTS: [&str; 3] = [
    "%Y年%-m月%-d日 %H时%M分",
    "%-d %b %Y, %H:%M",
    "%Y-%m-%d %H:%M",
];

fn day(text: &str) -> Option<Date> {
    DAYS.iter().find_map(|form| {
        let day = Date::strptime(form, text).ok()?;
        (day.year() >= 1900 && day.strftime(form).to_string() == text).then_some(day)
    })
}

fn moment(text: &str) -> Option<DateTime> {
    MOMENTS.iter().find_map(|form| {
        let at = DateTime::strptime(form, text).ok()?;
        (at.year() >= 1900 && at.strftime(form).to_string() == text).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use sync_core::book::{PagePart, Said};
    use sync_core::ids::RecordId;

    use super::*;

    #[test]
    fn texts_become_what_they_are_only_to_the_letter() {
        assert_eq!(Shape::Number.read("120.50"), Content::Number(120.5));
        assert_eq!(Shape::Number.read("-3"), Content::Number(-3.0));
        for kept in ["007", "1e5", "=1", "12345678901234567", "1 200", ".5", "3."] {
            assert_eq!(
                Shape::Number.read(kept),
                Content::Text(kept.into()),
                "{kept}"
            );
        }
        let day = "2026-05-11".parse().unwrap();
        for said in ["2026年5月11日", "11 May 2026", "2026-05-11"] {
            assert_eq!(Shape::Day.read(said), Content::Day(day), "{said}");
        }
        let at = day.at(8, 5, 0, 0);
        for said in [
            "2026年5月11日 08时05分",
            "11 May 2026, 08:05",
            "2026-05-11 08:05",
        ] {
            assert_eq!(Shape::Moment.read(said), Content::Moment(at), "{said}");
        }
        for kept in ["2026-5-11", "1899-12-31", "2026-02-30", "明日"] {
            assert_eq!(Shape::Day.read(kept), Content::Text(kept.into()), "{kept}");
        }
        assert_eq!(
            Shape::Text.read("2026-05-11"),
            Content::Text("2026-05-11".into())
        );
        assert_eq!(Shape::Day.read(""), Content::Blank);
    }

    #[test]
    fn the_catalogue_says_what_columns_hold() {
        let catalogue = Catalogue::embedded();
        let shape = |book: &str, id: &str| {
            let book = &catalogue.books[book];
            Shape::of(book.column(id).unwrap(), book, catalogue)
        };
        assert_eq!(shape("R1", "minutes"), Shape::Number);
        assert_eq!(shape("R1", "date"), Shape::Text);
        assert_eq!(shape("R3", "number"), Shape::Text);
        let register = &catalogue.books["R3"];
        let registered = register.columns.iter().find(|c| c.label.en == "Registered");
        assert_eq!(
            Shape::of(registered.unwrap(), register, catalogue),
            Shape::Day
        );
        assert_eq!(Shape::of_expression("(s.a or s.b)|day"), Shape::Day);
        assert_eq!(Shape::of_expression("f.a ~ ' ' ~ f.b|day"), Shape::Text);
    }

    #[test]
    fn a_struck_row_shows_all_that_it_said_and_a_plain_cell_its_text() {
        let said = |text: &str| Said::same(text);
        let part = |text: &str, struck| PagePart {
            text: said(text),
            record: RecordId([1; 16]),
            struck,
            variant: None,
            open: None,
        };
        let cell = PageCell {
            text: said("乙"),
            parts: vec![part("甲", true), part("乙", false)],
            ..PageCell::default()
        };
        let piece = |text: &str, ink| Piece {
            text: text.into(),
            ink,
        };
        assert_eq!(
            Content::of(&cell, Shape::Text, Language::Zh, false),
            Content::Pieces(vec![piece("甲", Ink::Struck), piece("乙", Ink::New)])
        );
        assert_eq!(
            Content::of(&cell, Shape::Text, Language::Zh, true),
            Content::Pieces(vec![piece("甲\n乙", Ink::Struck)])
        );
        assert_eq!(width("一二a\nbc"), 5);
    }
}
