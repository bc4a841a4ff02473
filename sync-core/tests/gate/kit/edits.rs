//! What an officer may think of doing to a record.

use std::collections::BTreeSet;

use sync_core::catalogue::{Field, FieldType, Kind, Merge};
use sync_core::ids::{PersonId, RecordId};
use sync_core::record::change::Scalar;
use sync_core::record::track::{self, Point};
use sync_core::record::value;
use sync_core::record::view::View;
use sync_core::record::write::{Edit, Spot};

use super::Rng;

/// Edits of one act on one record, and those for which the gate must hold it, if they change
/// anything.
#[derive(Debug, Default)]
pub struct Plan {
    pub edits: Vec<Edit>,
    pub forbidden: Vec<Edit>,
}

pub struct Planner<'a> {
    /// The roles the person has.
    pub roles: &'a [String],
    pub rng: &'a mut Rng,
    pub kind: &'a Kind,
    pub person: &'a PersonId,
    /// None while the record is being made.
    pub view: Option<&'a View>,
    /// Chance in a hundred of not caring for a right that is missing.
    pub mischief: usize,
}

const LETTERS: [&str; 12] = [
    "今",
    "日",
    "巡",
    "查",
    "a",
    "é",
    "🙂",
    "👮🏽",
    "e\u{301}",
    "\u{1F468}\u{200D}\u{1F469}",
    "\n",
    "龘",
];

pub fn words(rng: &mut Rng) -> String {
    (0..1 + rng.below(9)).map(|_| *rng.pick(&LETTERS)).collect()
}

pub fn random_value(rng: &mut Rng, field: &Field) -> Scalar {
    if rng.chance(6) {
        return Scalar::Null;
    }
    let number = rng.below(9) as i64;
    let scalar = match field.ty {
        FieldType::Text | FieldType::LongText | FieldType::Phone | FieldType::IdNumber => {
            Scalar::Str(words(rng))
        }
        FieldType::Choice => Scalar::Str((*rng.pick(&["red", "blue"])).into()),
        FieldType::Integer | FieldType::Money | FieldType::Duration => {
            Scalar::Int(*rng.pick(&[0, -1, number, i64::MAX, i64::MIN]))
        }
        FieldType::Decimal => Scalar::Str(format!("{number}.5")),
        FieldType::Boolean => Scalar::Bool(rng.chance(50)),
        FieldType::Date => Scalar::Str(format!("2026-05-1{number}")),
        FieldType::Time => Scalar::Str(format!("14:0{number}")),
        FieldType::Instant => Scalar::Int(1_778_000_000_000 + number),
        FieldType::Point => Scalar::Bytes(rng.next().to_be_bytes().to_vec()),
        FieldType::Track => {
            let at = |i: i64| Point {
                seconds: i * 30,
                latitude: 23_500_000 + i * number,
                longitude: 108_250_000 - i,
                accuracy: 5,
            };
            let points: Vec<Point> = (0..1 + number).map(at).collect();
            Scalar::Bytes(track::pack(&points).unwrap())
        }
        FieldType::Person => Scalar::Str(format!("O000{}", 1 + rng.below(4))),
        FieldType::Record => Scalar::Str(RecordId([number as u8; 16]).to_string()),
        FieldType::CoText | FieldType::Evidence | FieldType::Table => unreachable!(),
    };
    assert!(value::fits(field, &scalar), "{field:?} {scalar:?}");
    scalar
}

impl Planner<'_> {
    pub fn plan(mut self) -> Plan {
        let mut plan = Plan::default();
        let mut used = BTreeSet::new();
        for _ in 0..1 + self.rng.below(4) {
            let (edits, allowed) = self.edit(&mut used);
            if edits.is_empty() || !allowed && !self.rng.chance(self.mischief) {
                continue;
            }
            if !allowed {
                plan.forbidden.extend(edits.iter().cloned());
            }
            plan.edits.extend(edits);
        }
        plan
    }

    fn edit(&mut self, used: &mut BTreeSet<String>) -> (Vec<Edit>, bool) {
        let kind = self.kind;
        match self.rng.below(20) {
            0 => {
                let Some(step) = kind.steps.get(self.rng.below(kind.steps.len().max(1))) else {
                    return (Vec::new(), true);
                };
                let note = self.rng.chance(50).then(|| words(self.rng));
                let allowed = step.where_.is_none() && self.may(&step.by);
                (
                    vec![Edit::Step {
                        to: step.to.clone(),
                        note,
                    }],
                    allowed,
                )
            }
            1 => (
                vec![Edit::Amend {
                    reason: words(self.rng),
                }],
                true,
            ),
            2 if self.view.is_some() && self.rng.chance(30) => {
                let reason = words(self.rng);
                let edits = match used.insert("removed".into()) {
                    true => vec![Edit::Remove {
                        target: None,
                        reason,
                    }],
                    false => Vec::new(),
                };
                (edits, self.may(&["author", "handler"]))
            }
            2 | 3 => self.remove(used),
            4..8 => self.cell(used),
            _ => {
                let at = self.rng.below(kind.fields.len());
                self.field(&kind.fields[at], used)
            }
        }
    }

    fn field(&mut self, field: &Field, used: &mut BTreeSet<String>) -> (Vec<Edit>, bool) {
        let allowed = self.may(&field.write);
        let name = field.name.clone();
        let edits = match field.ty {
            FieldType::CoText => return (self.splices(&name, used), allowed),
            FieldType::Table | FieldType::Evidence => {
                let mut cells = Vec::new();
                for cell in field.row_cells() {
                    if self.rng.chance(60) {
                        cells.push((cell.name.clone(), random_value(self.rng, cell)));
                    }
                }
                vec![Edit::AddRow { field: name, cells }]
            }
            _ if field.many || field.ty == FieldType::Track => {
                let value = random_value(self.rng, field);
                vec![Edit::Add { field: name, value }]
            }
            _ => {
                let value = random_value(self.rng, field);
                self.set(Spot::Field(name), value, field.merge, used)
            }
        };
        (edits, allowed)
    }

    fn set(
        &mut self,
        spot: Spot,
        value: Scalar,
        merge: Merge,
        used: &mut BTreeSet<String>,
    ) -> Vec<Edit> {
        if !used.insert(spot.path()) {
            return Vec::new();
        }
        let values = self.view.map_or(0, |view| {
            let slot = match &spot {
                Spot::Field(field) => view.fields.get(field),
                Spot::Cell { row, cell } => view.rows[row].cells.get(cell),
            };
            slot.map_or(0, |slot| slot.values.len())
        });
        match values > 1 && (merge == Merge::Flag || self.rng.chance(30)) {
            true => vec![Edit::Settle { spot, value }],
            false => vec![Edit::Set { spot, value }],
        }
    }

    fn cell(&mut self, used: &mut BTreeSet<String>) -> (Vec<Edit>, bool) {
        let Some(view) = self.view else {
            return (Vec::new(), true);
        };
        let rows: Vec<&String> = view.rows.keys().collect();
        if rows.is_empty() {
            return (Vec::new(), true);
        }
        let row = (*self.rng.pick(&rows)).clone();
        let table = self.kind.field(row.split('/').next().unwrap()).unwrap();
        let cells = table.row_cells();
        let cell = self.rng.pick(cells).clone();
        let value = random_value(self.rng, &cell);
        let spot = Spot::Cell {
            row,
            cell: cell.name.clone(),
        };
        (
            self.set(spot, value, cell.merge, used),
            self.may(&table.write),
        )
    }

    fn remove(&mut self, used: &mut BTreeSet<String>) -> (Vec<Edit>, bool) {
        let Some(view) = self.view else {
            return (Vec::new(), true);
        };
        let members = view.fields.keys().filter(|key| key.split('/').count() == 2);
        let targets: Vec<&String> = view.rows.keys().chain(members).collect();
        if targets.is_empty() {
            return (Vec::new(), true);
        }
        let target = (*self.rng.pick(&targets)).clone();
        if !used.insert(format!("{target} removed")) {
            return (Vec::new(), true);
        }
        let field = self.kind.field(target.split('/').next().unwrap()).unwrap();
        let allowed = self.may(&field.write);
        let edit = Edit::Remove {
            target: Some(target),
            reason: words(self.rng),
        };
        (vec![edit], allowed)
    }

    /// A few splices into one text, each where the one before has left it.
    fn splices(&mut self, field: &str, used: &mut BTreeSet<String>) -> Vec<Edit> {
        if !used.insert(field.to_owned()) {
            return Vec::new();
        }
        let mut text: Vec<char> = self
            .view
            .and_then(|view| view.texts.get(field))
            .map_or(Vec::new(), |text| text.text.chars().collect());
        let mut edits = Vec::new();
        for _ in 0..1 + self.rng.below(3) {
            let from = self.rng.below(text.len() + 1);
            let gone = match self.rng.chance(40) {
                true => self.rng.below((text.len() - from).min(6) + 1),
                false => 0,
            };
            let insert = match self.rng.chance(75) {
                true => words(self.rng),
                false => String::new(),
            };
            let units = |chars: &[char]| chars.iter().map(|c| c.len_utf16()).sum::<usize>();
            edits.push(Edit::Splice {
                field: field.to_owned(),
                at: units(&text[..from]),
                delete: units(&text[from..from + gone]),
                insert: insert.clone(),
            });
            text.splice(from..from + gone, insert.chars());
        }
        edits
    }

    fn may<R: AsRef<str>>(&self, roles: &[R]) -> bool {
        roles.iter().any(|role| match role.as_ref() {
            "member" => true,
            "author" => self
                .view
                .is_none_or(|view| view.author() == Some(self.person)),
            "handler" => self.view.is_some_and(|view| {
                let person = Scalar::Str(self.person.to_string());
                let mut members = view
                    .fields
                    .iter()
                    .filter(|(key, _)| key.starts_with("people/") && key.split('/').count() == 2);
                members.any(|(_, slot)| slot.writes().any(|at| at.value == person))
            }),
            role => self.roles.iter().any(|own| own == role),
        })
    }
}

pub fn may_create(kind: &Kind, roles: &[String]) -> bool {
    kind.create
        .iter()
        .any(|role| role == "member" || roles.contains(role))
}
