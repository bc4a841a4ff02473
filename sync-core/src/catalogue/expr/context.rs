//! What an expression sees of one record.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr, Value};

use super::reference::clean;
use crate::catalogue::{Catalogue, Due, Field, FieldType, Kind, Language};

/// The value of a field, a cell or a member of a set, as the record holds it.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Datum {
    /// Nothing was written.
    #[default]
    Empty,
    /// A text, a code, a member's code, a record's id, a date `2026-05-11` or a time `14:05`.
    Text(String),
    /// An integer, fen, or minutes.
    Integer(i64),
    Decimal(f64),
    Boolean(bool),
    /// Milliseconds since 1970.
    Instant(i64),
    Point {
        lat: f64,
        lon: f64,
    },
    /// How many points it has, and the minutes between neighbours that lie a minute apart or
    /// more.
    Track {
        points: u64,
        pauses: Vec<u32>,
    },
    /// The members of a field with `many`.
    List(Vec<Datum>),
    /// The rows of a table or evidence field.
    Rows(Vec<BTreeMap<String, Datum>>),
}

impl Datum {
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Datum::Text(text) => Some(text),
            Datum::Empty
            | Datum::Integer(_)
            | Datum::Decimal(_)
            | Datum::Boolean(_)
            | Datum::Instant(_)
            | Datum::Point { .. }
            | Datum::Track { .. }
            | Datum::List(_)
            | Datum::Rows(_) => None,
        }
    }

    /// Milliseconds since 1970, where it is a moment.
    pub fn as_instant(&self) -> Option<i64> {
        match self {
            Datum::Instant(at) => Some(*at),
            Datum::Empty
            | Datum::Text(_)
            | Datum::Integer(_)
            | Datum::Decimal(_)
            | Datum::Boolean(_)
            | Datum::Point { .. }
            | Datum::Track { .. }
            | Datum::List(_)
            | Datum::Rows(_) => None,
        }
    }
}

/// The last event of one step: `s.filed`, and its parts `s.filed.by`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepEvent {
    /// Milliseconds since 1970.
    pub at: i64,
    pub by: String,
    pub note: String,
}

pub(super) const STEP_PARTS: &[&str] = &["at", "by", "note"];

/// What the program knows of a record beside its fields and steps: `r.author` and so on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// The record's own id, for `r.id|ref('R3')`.
    pub id: String,
    /// The author's code.
    pub author: String,
    /// The step it stands at; empty where the kind has no steps.
    pub state: String,
    /// When the server registered it.
    pub registered: Option<i64>,
    /// When it happened, by the kind's clock.
    pub happened: Option<i64>,
    /// Who reviewed the page.
    pub reviewer: Option<String>,
    /// Every step with its time: `found@1778461200000;closed@...`, and `?@...` from when on people
    /// took different ones and nobody has decided.
    pub trail: String,
    /// How many fields must be filled in by now.
    pub required: u32,
    /// How many of them are empty.
    pub missing: u32,
    /// How many steps were not taken as the kind says.
    pub breaches: u32,
    /// Something that stood there when it was submitted was replaced.
    pub amended: bool,
}

/// The names of facts, `per` included: the person (or other text) of this line.
pub(in crate::catalogue) const FACTS: &[&str] = &[
    "id",
    "author",
    "state",
    "registered",
    "happened",
    "reviewer",
    "trail",
    "required",
    "missing",
    "breaches",
    "amended",
    "per",
];

/// One record, as an expression sees it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecordData {
    /// By name; what is not there counts as empty.
    pub fields: BTreeMap<String, Datum>,
    /// By the step's name; what is not there was not taken.
    pub steps: BTreeMap<String, StepEvent>,
    /// By the limit's name; what is not there has not begun.
    pub limits: BTreeMap<String, Due>,
    pub facts: Facts,
}

/// What stands in the charter of a member.
pub trait People: fmt::Debug + Send + Sync {
    fn name(&self, code: &str, language: Language) -> Option<String>;
    fn certificate(&self, code: &str) -> Option<String>;
}

/// No member is known: codes stand for names.
impl People for () {
    fn name(&self, _: &str, _: Language) -> Option<String> {
        None
    }

    fn certificate(&self, _: &str) -> Option<String> {
        None
    }
}

/// What is the same for all records of a station.
#[derive(Debug, Clone)]
pub struct Around {
    pub catalogue: Arc<Catalogue>,
    pub people: Arc<dyn People>,
    /// Minutes east of UTC.
    pub offset: i32,
}

/// A record ready for evaluation. Cloning it is cheap.
#[derive(Debug, Clone)]
pub struct ExprContext {
    pub(super) root: Arc<Root>,
}

impl ExprContext {
    /// The record of this kind, in Chinese, `r.per` being its author. A kind that the catalogue
    /// does not have has no fields and no steps.
    pub fn new(around: Arc<Around>, kind: &str, record: Arc<RecordData>) -> Self {
        let per = record.facts.author.clone();
        Self {
            root: Arc::new(Root {
                around,
                kind: kind.to_owned(),
                record,
                language: Language::Zh,
                per,
            }),
        }
    }

    pub fn in_language(&self, language: Language) -> Self {
        let mut root = (*self.root).clone();
        root.language = language;
        Self {
            root: Arc::new(root),
        }
    }

    /// The same record on the line of `per`.
    pub fn on_line_of(&self, per: &str) -> Self {
        let mut root = (*self.root).clone();
        root.per = per.to_owned();
        Self {
            root: Arc::new(root),
        }
    }

    pub fn language(&self) -> Language {
        self.root.language
    }

    /// Minutes east of UTC.
    pub fn offset(&self) -> i32 {
        self.root.around.offset
    }

    pub fn datum(&self, field: &str) -> &Datum {
        self.root.datum(field)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Root {
    pub around: Arc<Around>,
    kind: String,
    pub record: Arc<RecordData>,
    pub language: Language,
    per: String,
}

impl Root {
    pub fn kind(&self) -> Option<&Kind> {
        self.around.catalogue.kinds.get(&self.kind)
    }

    pub fn field(&self, name: &str) -> Option<&Field> {
        self.kind()?.field(name)
    }

    pub fn datum(&self, name: &str) -> &Datum {
        self.record.fields.get(name).unwrap_or(&Datum::Empty)
    }

    fn fact(&self, name: &str) -> Option<Value> {
        let facts = &self.record.facts;
        let moment = |at: Option<i64>| at.map_or_else(empty, Value::from);
        Some(match name {
            "id" => Value::from(clean(&facts.id)),
            "author" => Value::from(clean(&facts.author)),
            "state" => Value::from(clean(&facts.state)),
            "registered" => moment(facts.registered),
            "happened" => moment(facts.happened),
            "reviewer" => Value::from(clean(facts.reviewer.as_deref().unwrap_or_default())),
            "trail" => Value::from(clean(&facts.trail)),
            "required" => Value::from(facts.required),
            "missing" => Value::from(facts.missing),
            "breaches" => Value::from(facts.breaches),
            "amended" => Value::from(facts.amended),
            "per" => Value::from(clean(&self.per)),
            _ => return None,
        })
    }
}

/// The name under which filters find the context; no expression can write it.
pub(super) const HIDDEN: &str = "@";

#[derive(Debug, Clone)]
pub(super) struct View {
    pub root: Arc<Root>,
    pub part: Part,
}

#[derive(Debug, Clone)]
pub(super) enum Part {
    All,
    Fields,
    Steps,
    Step(StepEvent),
    Facts,
    Limits,
    Limit(Due),
    Settings,
}

impl View {
    fn part(&self, part: Part) -> Value {
        Value::from_object(View {
            root: self.root.clone(),
            part,
        })
    }
}

impl Object for View {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        match &self.part {
            Part::All => match key {
                "f" => Some(self.part(Part::Fields)),
                "s" => Some(self.part(Part::Steps)),
                "r" => Some(self.part(Part::Facts)),
                "l" => Some(self.part(Part::Limits)),
                "c" => Some(self.part(Part::Settings)),
                HIDDEN => Some(Value::from_dyn_object(self.clone())),
                _ => None,
            },
            Part::Fields => {
                let field = self.root.field(key)?;
                Some(value(field, self.root.datum(key)))
            }
            Part::Steps => {
                self.root.kind()?.step(key)?;
                let event = self.root.record.steps.get(key);
                Some(event.map_or_else(empty, |event| self.part(Part::Step(event.clone()))))
            }
            Part::Step(event) => match key {
                "at" => Some(Value::from(event.at)),
                "by" => Some(Value::from(clean(&event.by))),
                "note" => Some(Value::from(clean(&event.note))),
                _ => None,
            },
            Part::Facts => self.root.fact(key),
            Part::Limits => {
                self.root.kind()?.limits_of(key).next()?;
                let due = self.root.record.limits.get(key);
                Some(due.map_or_else(empty, |due| self.part(Part::Limit(due.clone()))))
            }
            Part::Limit(_) => None,
            Part::Settings => {
                let setting = self.root.around.catalogue.settings.get(key)?;
                Some(Value::from(setting.value))
            }
        }
    }

    /// A step that was taken is true; a bare one in a sentence prints nothing useful, hence
    /// nothing.
    fn is_true(self: &Arc<Self>) -> bool {
        true
    }

    fn render(self: &Arc<Self>, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// Several values. In a sentence they stand one after the other.
#[derive(Debug)]
pub(super) struct Many(pub Vec<Value>);

impl Object for Many {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.0.get(key.as_usize()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Seq(self.0.len())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.iter().enumerate() {
            let comma = if i > 0 { "、" } else { "" };
            write!(f, "{comma}{item}")?;
        }
        Ok(())
    }
}

pub(super) fn empty() -> Value {
    Value::from("")
}

fn value(field: &Field, datum: &Datum) -> Value {
    match datum {
        Datum::Empty if field.many || field.is_rows() => Value::from_object(Many(Vec::new())),
        Datum::Empty if field.ty == FieldType::Boolean => Value::from(false),
        Datum::Empty => empty(),
        Datum::Text(text) => Value::from(clean(text)),
        Datum::Integer(n) | Datum::Instant(n) => Value::from(*n),
        Datum::Decimal(n) => Value::from(*n),
        Datum::Boolean(yes) => Value::from(*yes),
        Datum::Point { lat, lon } => Value::from(format!("{lat:.6}, {lon:.6}")),
        Datum::Track { points, .. } => Value::from(*points),
        Datum::List(items) => {
            let items = items.iter().map(|item| value(field, item));
            Value::from_object(Many(items.collect()))
        }
        // Only their number is seen; `rows` prints them.
        Datum::Rows(rows) => Value::from_object(Many(vec![empty(); rows.len()])),
    }
}
