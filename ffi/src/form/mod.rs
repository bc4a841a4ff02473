//! What did the officer fill in?
//!
//! Words such as `cause=违规停车` become edits of a record, by the catalogue's forms.
//!
//! | written | means |
//! |---|---|
//! | `field=value` | the field's value; an empty one empties it. Of a field that takes many, one more member; of a co-written text, its beginning |
//! | `table.cell=value` | a cell of a new row. Cells that follow each other fill one row; one that comes again begins the next |
//! | `table[2].cell=value` | a cell of the second row, as `show` counts them |
//!
//! A choice takes its code or its label. A moment takes `2026-05-11 14:05` in the station's time
//! zone, `14:05` of today, `now`, or any RFC 3339 time. A record takes the beginning of its id.

mod error;
mod moment;

use sync_core::catalogue::{Catalogue, CodeList, Field, FieldType, Kind};
use sync_core::record::change::Scalar;
use sync_core::record::parts;
use sync_core::record::track;
use sync_core::record::value::{self, BadValue};
use sync_core::record::view::View;
use sync_core::record::write::{Edit, Spot};

pub use error::FormError;
use moment::{day, moment};

/// One word of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub place: String,
    pub value: String,
}

impl Given {
    /// From `place=value`; none without a `=`.
    pub fn split(word: &str) -> Option<Given> {
        let (place, value) = word.split_once('=')?;
        Some(Given {
            place: place.trim().to_owned(),
            value: value.to_owned(),
        })
    }
}

/// The form of one kind, on one day.
#[derive(Debug, Clone, Copy)]
pub struct Form<'a> {
    pub catalogue: &'a Catalogue,
    pub kind: &'a Kind,
    /// The station's minutes east of UTC.
    pub zone: i32,
    /// Milliseconds since 1970.
    pub now: i64,
}

/// The kind of that name or label.
pub fn kind<'a>(catalogue: &'a Catalogue, given: &str) -> Result<&'a Kind, FormError> {
    let of_label = |kind: &&Kind| kind.label.zh == given || kind.label.en == given;
    let found = catalogue.kinds.get(given);
    found
        .or_else(|| catalogue.kinds.values().find(of_label))
        .ok_or_else(|| {
            let (nearest, known) = nearest(given, catalogue.kinds.keys().map(String::as_str));
            FormError::Kind {
                given: quoted(given),
                nearest,
                known,
            }
        })
}

/// The step of that name or label.
pub fn step(kind: &Kind, given: &str) -> Result<String, FormError> {
    let by_name = kind.step(given);
    let by_label = || {
        let mut steps = kind.steps.iter();
        steps.find(|step| step.label.zh == given || step.label.en == given)
    };
    by_name
        .or_else(by_label)
        .map(|step| step.to.clone())
        .ok_or_else(|| {
            let (nearest, known) = nearest(given, kind.steps.iter().map(|step| step.to.as_str()));
            FormError::Step {
                kind: kind.name.clone(),
                given: quoted(given),
                nearest,
                known,
            }
        })
}

impl Form<'_> {
    /// The edits that fill these words in. `view` is the record as it is; none for a new one.
    pub fn edits(&self, view: Option<&View>, words: &[Given]) -> Result<Vec<Edit>, FormError> {
        let mut edits = Vec::new();
        for word in words {
            let Some((table, cell)) = word.place.split_once('.') else {
                edits.push(self.field(view, word)?);
                continue;
            };
            let (name, number) = match table.split_once('[') {
                Some((name, number)) => (name, Some(number.trim_end_matches(']'))),
                None => (table, None),
            };
            let field = self.find(name)?;
            let cell = find_cell(field, cell)?;
            let value = self.value(cell, &word.value)?;
            match number {
                Some(number) => {
                    let row = row_key(view, field, number)?;
                    let cell = cell.name.clone();
                    let spot = Spot::Cell { row, cell };
                    edits.push(Edit::Set { spot, value });
                }
                None => add_cell(&mut edits, &field.name, &cell.name, value),
            }
        }
        Ok(edits)
    }

    /// The place and the value of one word that names an existing place.
    pub fn spot(&self, view: &View, word: &Given) -> Result<(Spot, Scalar), FormError> {
        match self.edits(Some(view), std::slice::from_ref(word))?.pop() {
            Some(Edit::Set { spot, value }) => Ok((spot, value)),
            _ => Err(FormError::Rows {
                field: quoted(&word.place),
                known: Vec::new(),
            }),
        }
    }

    fn field(&self, view: Option<&View>, word: &Given) -> Result<Edit, FormError> {
        let field = self.find(&word.place)?;
        let name = field.name.clone();
        if field.is_rows() {
            let known = field.row_cells().iter().map(|cell| cell.name.clone());
            return Err(FormError::Rows {
                field: name,
                known: known.collect(),
            });
        }
        if field.ty == FieldType::CoText {
            let is_begun = |text: &sync_core::record::view::Text| !text.text.is_empty();
            if view.is_some_and(|view| view.texts.get(&name).is_some_and(is_begun)) {
                return Err(FormError::Together { field: name });
            }
            return Ok(Edit::Splice {
                field: name,
                at: 0,
                delete: 0,
                insert: word.value.clone(),
            });
        }
        let value = self.value(field, &word.value)?;
        if field.many || field.ty == FieldType::Track {
            return Ok(Edit::Add { field: name, value });
        }
        let spot = Spot::Field(name);
        Ok(Edit::Set { spot, value })
    }

    fn find(&self, given: &str) -> Result<&Field, FormError> {
        find(&self.kind.name, &self.kind.fields, given)
    }

    fn value(&self, field: &Field, text: &str) -> Result<Scalar, FormError> {
        let text = match field.ty {
            FieldType::Instant => {
                moment(text.trim(), self.zone, self.now).unwrap_or_else(|| text.to_owned())
            }
            FieldType::Date if text.trim() == "now" => day(self.zone, self.now),
            FieldType::Choice if !text.trim().is_empty() => {
                let list = field
                    .codes
                    .as_ref()
                    .and_then(|list| self.catalogue.codes.get(list));
                match list {
                    Some(list) => code(list, field, text.trim(), &day(self.zone, self.now))?,
                    None => text.to_owned(),
                }
            }
            FieldType::Track => {
                let json = serde_json::from_str(text).ok();
                let points = json.as_ref().and_then(track::from_json);
                let bytes = points.and_then(|points| track::pack(&points));
                return bytes.map(Scalar::Bytes).ok_or_else(|| {
                    let field = field.name.clone();
                    FormError::Value(BadValue {
                        field,
                        wanted: "points [[seconds, latitude, longitude, accuracy], ...]",
                        given: text.chars().take(MAX_WORD).collect(),
                        too_long: None,
                    })
                });
            }
            FieldType::Text
            | FieldType::LongText
            | FieldType::CoText
            | FieldType::Choice
            | FieldType::Integer
            | FieldType::Decimal
            | FieldType::Money
            | FieldType::Boolean
            | FieldType::Date
            | FieldType::Time
            | FieldType::Duration
            | FieldType::Point
            | FieldType::Phone
            | FieldType::IdNumber
            | FieldType::Person
            | FieldType::Record
            | FieldType::Evidence
            | FieldType::Table => text.to_owned(),
        };
        Ok(value::from_text(field, &text)?)
    }
}

fn find<'f>(of: &str, fields: &'f [Field], given: &str) -> Result<&'f Field, FormError> {
    let by_name = fields.iter().find(|field| field.name == given);
    let by_label = || {
        let mut fields = fields.iter();
        fields.find(|field| field.label.zh == given || field.label.en == given)
    };
    by_name.or_else(by_label).ok_or_else(|| {
        let (nearest, known) = nearest(given, fields.iter().map(|field| field.name.as_str()));
        FormError::Field {
            of: of.to_owned(),
            given: quoted(given),
            nearest,
            known,
        }
    })
}

fn find_cell<'f>(field: &'f Field, given: &str) -> Result<&'f Field, FormError> {
    if !field.is_rows() {
        let field = field.name.clone();
        return Err(FormError::NoCells { field });
    }
    find(&field.name, field.row_cells(), given)
}

fn row_key(view: Option<&View>, field: &Field, number: &str) -> Result<String, FormError> {
    let rows = view.map_or(Vec::new(), |view| parts::rows(view, &field.name));
    let at = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    let row = at.and_then(|at| rows.get(at));
    row.map(|row| row.key.to_owned())
        .ok_or_else(|| FormError::NoRow {
            field: field.name.clone(),
            number: quoted(number),
            rows: rows.len(),
        })
}

/// Adds a cell to the row that the words before began, or begins the next.
fn add_cell(edits: &mut Vec<Edit>, table: &str, cell: &str, value: Scalar) {
    let cell = (cell.to_owned(), value);
    if let Some(Edit::AddRow { field, cells }) = edits.last_mut()
        && field == table
        && !cells.iter().any(|(name, _)| *name == cell.0)
    {
        cells.push(cell);
        return;
    }
    edits.push(Edit::AddRow {
        field: table.to_owned(),
        cells: vec![cell],
    });
}

/// The code or label that is offered on the day.
fn code(list: &CodeList, field: &Field, given: &str, day: &str) -> Result<String, FormError> {
    let by_label = || {
        let mut codes = list.codes.iter();
        codes.find(|code| code.label.zh == given || code.label.en.eq_ignore_ascii_case(given))
    };
    let offered = || list.codes.iter().filter(|code| code.offered_on(day));
    let found = list.code(given).or_else(by_label);
    if let Some(withdrawn) = found.filter(|code| !code.offered_on(day)) {
        return Err(FormError::Withdrawn {
            field: field.name.clone(),
            given: withdrawn.code.clone(),
            known: offered().map(|code| code.code.clone()).collect(),
        });
    }
    found.map(|code| code.code.clone()).ok_or_else(|| {
        let (nearest, known) = nearest(given, offered().map(|code| code.code.as_str()));
        FormError::Code {
            field: field.name.clone(),
            given: quoted(given),
            nearest,
            known,
        }
    })
}

/// Letters of a word of a form; what is longer is near to none, and is quoted by its beginning.
const MAX_WORD: usize = 80;

/// What a complaint quotes of a word.
fn quoted(given: &str) -> String {
    given.chars().take(MAX_WORD).collect()
}

/// The known word nearest to a given one, if one is near, and all known words.
pub fn nearest<'a>(
    given: &str,
    known: impl Iterator<Item = &'a str>,
) -> (Option<String>, Vec<String>) {
    let known: Vec<String> = known.map(str::to_owned).collect();
    // The distance takes time and memory by the product of both lengths.
    if given.chars().nth(MAX_WORD).is_some() {
        return (None, known);
    }
    let near = known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(given, word), word))
        .filter(|(far, word)| {
            *far <= (word.chars().count() / 3).max(2) && *far < given.chars().count()
        })
        .min();
    (near.map(|(_, word)| word.clone()), known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_778_500_000_000; // 2026-05-11 19:46 in China

    fn form(kind: &str) -> Form<'static> {
        let catalogue = Catalogue::embedded();
        Form {
            catalogue,
            kind: &catalogue.kinds[kind],
            zone: 480,
            now: NOW,
        }
    }

    fn edits(kind: &str, words: &[&str]) -> Result<Vec<Edit>, FormError> {
        let words: Vec<Given> = words
            .iter()
            .map(|word| Given::split(word).unwrap())
            .collect();
        form(kind).edits(None, &words)
    }

    fn set(edit: &Edit) -> &Scalar {
        match edit {
            Edit::Set { value, .. } => value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn cells_that_follow_each_other_fill_one_row_until_one_comes_again() {
        let found = edits(
            "case",
            &[
                "log.at=now",
                "log.text=到达现场",
                "log.text=离开",
                "cause=占道",
            ],
        );
        let rows: Vec<usize> = found
            .unwrap()
            .iter()
            .filter_map(|edit| match edit {
                Edit::AddRow { cells, .. } => Some(cells.len()),
                _ => None,
            })
            .collect();
        assert_eq!(rows, [2, 1]);
    }

    #[test]
    fn a_moment_without_a_zone_is_the_stations() {
        for (written, meant) in [
            ("2026-04-30 14:05", "2026-04-30T06:05:00.000Z"),
            ("14:05", "2026-05-11T06:05:00.000Z"),
            ("2026-05-11T14:05:00+08:00", "2026-05-11T06:05:00.000Z"),
            ("2026-05-11T14:05:00Z", "2026-05-11T14:05:00.000Z"),
        ] {
            let found = edits("case", &[&format!("offence_at={written}")]).unwrap();
            let Scalar::Int(ms) = set(&found[0]) else {
                panic!()
            };
            assert_eq!(value::instant(*ms).unwrap(), meant, "{written}");
        }
    }

    #[test]
    fn a_code_that_was_withdrawn_is_refused_with_those_that_are_offered() {
        let mut catalogue = Catalogue::embedded().clone();
        let list = catalogue.codes.get_mut("case_source").unwrap();
        list.codes[0].until = Some("2026-05-10".into());
        list.codes[1].until = Some("2026-05-11".into());
        let (gone, last, next) = (
            list.codes[0].clone(),
            list.codes[1].clone(),
            list.codes[2].code.clone(),
        );
        let form = Form {
            catalogue: &catalogue,
            ..form("case")
        };
        let edits = |value: &str| {
            let word = Given::split(&format!("source={value}")).unwrap();
            form.edits(None, &[word])
        };
        for given in [&gone.code, &gone.label.zh] {
            let refused = edits(given).unwrap_err().to_string();
            assert!(
                refused.starts_with(&format!(
                    "source takes {} no more; it takes {}",
                    gone.code, last.code
                )),
                "{refused}"
            );
            assert!(refused.contains(&next), "{refused}");
        }
        assert!(edits(&last.code).is_ok());
    }

    #[test]
    fn a_word_of_ten_megabytes_is_unknown_at_once_and_quoted_by_its_beginning() {
        let pasted = "占".repeat(10 * 1024 * 1024 / 3);
        for words in [
            format!("{pasted}=x"),
            format!("source={pasted}"),
            format!("log.{pasted}=x"),
            format!("log[{pasted}].text=x"),
            format!("cause={pasted}"),
        ] {
            let refused = edits("case", &[&words]).unwrap_err().to_string();
            assert!(refused.len() < 2_000, "{}", refused.len());
        }
        let refused = kind(Catalogue::embedded(), &pasted)
            .unwrap_err()
            .to_string();
        assert!(refused.len() < 2_000);
    }

    #[test]
    fn a_choice_takes_its_label_and_a_near_miss_names_what_was_meant() {
        let list = &Catalogue::embedded().codes["case_source"];
        let first = &list.codes[0];
        let found = edits("case", &[&format!("source={}", first.label.zh)]).unwrap();
        assert_eq!(set(&found[0]), &Scalar::Str(first.code.clone()));
        let wrong = edits("case", &["cuase=占道"]).unwrap_err();
        assert_eq!(
            wrong.to_string(),
            "case has no field cuase; did you mean cause?"
        );
        let wrong = edits("case", &["log=x"]).unwrap_err();
        assert!(matches!(wrong, FormError::Rows { .. }));
    }
}
