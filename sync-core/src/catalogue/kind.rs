//! What a record of one kind holds, who may write it, and the steps it takes.

use std::sync::LazyLock;

use super::expr::Expr;
use super::names::{Label, words};

/// A kind of record, such as a patrol or a case.
///
/// Of a loaded catalogue it holds that: names of fields are unique, of the form `[A-Za-z]`
/// `[A-Za-z0-9_]*` and not `removed`, and so are the cells of a table; every role, code list,
/// step and field that is named exists; every step is reached from nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Kind {
    pub name: String,
    pub label: Label,
    /// The roles that may make such a record, or `member`: everybody.
    pub create: Vec<String>,
    /// The date or instant field that says when it happened; the record's day is its day in the
    /// station's time zone. Without one it is the day the record was made.
    pub clock: Option<String>,
    /// The field that names the record in lists.
    pub title: Option<String>,
    /// From the first of these steps on, every change is an amendment. Empty only where the
    /// kind has no steps: then the record counts as submitted when it is made.
    pub submitted: Vec<String>,
    /// The person field whose people hold the record role `handler`.
    pub handlers: Option<String>,
    pub fields: Vec<Field>,
    pub steps: Vec<Step>,
    pub limits: Vec<Limit>,
}

impl Kind {
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub fn step(&self, to: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.to == to)
    }

    /// The limits of a name, in the order in which they are tried.
    pub fn limits_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Limit> {
        self.limits.iter().filter(move |limit| limit.name == name)
    }
}

words!(
    /// How a field is asked for, kept and printed.
    FieldType, "field type" {
        Text = "text",
        LongText = "long_text",
        /// Written by several people at once, letter by letter; made with the record.
        CoText = "co_text",
        /// One code of the list named by `codes`.
        Choice = "choice",
        Integer = "integer",
        Decimal = "decimal",
        /// In fen, the hundredth of a yuan; a whole number.
        Money = "money",
        Boolean = "boolean",
        /// `2026-05-11`, without a time zone.
        Date = "date",
        /// `14:05`, without a time zone.
        Time = "time",
        /// Milliseconds since 1970.
        Instant = "instant",
        /// Whole minutes.
        Duration = "duration",
        /// Latitude and longitude (WGS 84).
        Point = "point",
        /// The way of a patrol: points in time. It declares nothing more.
        Track = "track",
        /// Warns when it does not look like one and never refuses: people write what they hear.
        Phone = "phone",
        /// Warns and never refuses, as a phone number does.
        IdNumber = "id_number",
        /// A member's code.
        Person = "person",
        /// The id of another record.
        Record = "record",
        /// Files: kept as a table with the cells of [`Field::row_cells`].
        Evidence = "evidence",
        /// Rows with `cells`, printed in the order of their creating operation.
        Table = "table",
    }
);

/// What a field that is neither a table nor of many values holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// One value.
    Value,
    /// The chunks of a track.
    Points,
    /// A text that people write together.
    Text,
}

impl FieldType {
    pub fn holds(self) -> Holds {
        match self {
            Self::Track => Holds::Points,
            Self::CoText => Holds::Text,
            Self::Text
            | Self::LongText
            | Self::Choice
            | Self::Integer
            | Self::Decimal
            | Self::Money
            | Self::Boolean
            | Self::Date
            | Self::Time
            | Self::Instant
            | Self::Duration
            | Self::Point
            | Self::Phone
            | Self::IdNumber
            | Self::Person
            | Self::Record
            | Self::Evidence
            | Self::Table => Holds::Value,
        }
    }

    /// Whether `many = true` may stand on it.
    pub fn may_be_many(self) -> bool {
        match self {
            Self::Text | Self::Choice | Self::Person | Self::Record => true,
            Self::LongText
            | Self::CoText
            | Self::Integer
            | Self::Decimal
            | Self::Money
            | Self::Boolean
            | Self::Date
            | Self::Time
            | Self::Instant
            | Self::Duration
            | Self::Point
            | Self::Track
            | Self::Phone
            | Self::IdNumber
            | Self::Evidence
            | Self::Table => false,
        }
    }

    /// Whether a cell of a table may be of it.
    pub fn may_be_cell(self) -> bool {
        match self {
            Self::CoText | Self::Track | Self::Evidence | Self::Table => false,
            Self::Text
            | Self::LongText
            | Self::Choice
            | Self::Integer
            | Self::Decimal
            | Self::Money
            | Self::Boolean
            | Self::Date
            | Self::Time
            | Self::Instant
            | Self::Duration
            | Self::Point
            | Self::Phone
            | Self::IdNumber
            | Self::Person
            | Self::Record => true,
        }
    }

    /// Whether its value is a text, which can be encrypted as a personal value.
    pub fn may_be_personal(self) -> bool {
        match self {
            Self::Text | Self::LongText | Self::Phone | Self::IdNumber => true,
            Self::CoText
            | Self::Choice
            | Self::Integer
            | Self::Decimal
            | Self::Money
            | Self::Boolean
            | Self::Date
            | Self::Time
            | Self::Instant
            | Self::Duration
            | Self::Point
            | Self::Track
            | Self::Person
            | Self::Record
            | Self::Evidence
            | Self::Table => false,
        }
    }
}

words!(
    /// What becomes of values that were written without knowing of each other.
    Merge, "merge policy" {
        /// The causally last one shows; history keeps the other.
        Last = "last",
        /// All stay visible until a person settles it.
        Flag = "flag",
        /// Letter by letter.
        Text = "text",
        /// The union.
        Set = "set",
    }
);

words!(
    /// What a value tells of a person, hence how it is masked.
    Personal, "kind of personal value" {
        Name = "name",
        Phone = "phone",
        Id = "id",
        Address = "address",
        Note = "note",
    }
);

/// From when on a field must be filled. It is checked on the phone and marked in the books; it
/// never holds an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Required {
    Never,
    Create,
    Step(String),
}

/// A field of a kind, or a cell of a table (which has no `write` of its own: who may write the
/// table may write its cells).
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: String,
    pub label: Label,
    pub ty: FieldType,
    pub required: Required,
    /// Roles, or the record roles `author` and `handler`, or `member`: everybody.
    pub write: Vec<String>,
    /// `Text` exactly for co_text, `Set` exactly for many.
    pub merge: Merge,
    pub many: bool,
    /// Encrypted in the record, masked where a reader may not see it.
    pub personal: Option<Personal>,
    /// The code list: on a choice, and only there.
    pub codes: Option<String>,
    /// The kind a record field links to; any, where it says none.
    pub links: Option<String>,
    /// Asked for, and wanted where `required` says so, only when this is true.
    pub when: Option<Expr>,
    /// On a table, and only there, not empty.
    pub cells: Vec<Field>,
}

impl Field {
    /// The cells of one row: a table's own, an evidence field's fixed `sha256`, `mime`, `size`
    /// and `name`; none of any other type.
    pub fn row_cells(&self) -> &[Field] {
        match self.ty {
            FieldType::Evidence => &EVIDENCE_CELLS,
            FieldType::Table => &self.cells,
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
            | FieldType::Instant
            | FieldType::Duration
            | FieldType::Point
            | FieldType::Track
            | FieldType::Phone
            | FieldType::IdNumber
            | FieldType::Person
            | FieldType::Record => &[],
        }
    }

    pub fn cell(&self, name: &str) -> Option<&Field> {
        self.row_cells().iter().find(|cell| cell.name == name)
    }

    pub fn is_rows(&self) -> bool {
        !self.row_cells().is_empty()
    }

    fn fixed_cell(name: &str, ty: FieldType, zh: &str, en: &str) -> Field {
        Field {
            name: name.to_owned(),
            label: Label::new(zh, en),
            ty,
            required: Required::Never,
            write: Vec::new(),
            merge: Merge::Flag,
            many: false,
            personal: None,
            codes: None,
            links: None,
            when: None,
            cells: Vec::new(),
        }
    }
}

static EVIDENCE_CELLS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    vec![
        Field::fixed_cell("sha256", FieldType::Text, "校验值", "SHA-256"),
        Field::fixed_cell("mime", FieldType::Text, "文件类型", "Media type"),
        Field::fixed_cell("size", FieldType::Integer, "字节数", "Bytes"),
        Field::fixed_cell("name", FieldType::Text, "名称", "Name"),
    ]
});

words!(
    /// Where alone a step can be taken.
    Where, "place" {
        /// On the server: it needs what a phone without signal has not, such as the seal.
        Console = "console",
    }
);

/// A state a record can come into.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub to: String,
    pub label: Label,
    /// The states it may be taken from; `nothing` among them, or none at all: a record may
    /// begin with it.
    pub from: Vec<String>,
    /// Who may take it: roles, `author`, `handler` or `member`.
    pub by: Vec<String>,
    pub where_: Option<Where>,
    /// What must be true of the record.
    pub when: Option<Expr>,
    /// What else must be, each with a sentence that says what to do where it is not.
    pub guards: Vec<Guard>,
    /// Taking it uses up a number of a pre-numbered form.
    pub draws: Option<Draws>,
}

/// Where a record keeps the number that a step uses up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draws {
    /// The text field of the number, as printed.
    pub number: String,
    /// The record field of the block that it is from.
    pub block: String,
}

/// A condition of a step that the law or the station sets.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    pub when: Expr,
    /// What is wrong, and what to do.
    pub otherwise: Label,
}

impl Step {
    /// The word in `from` for a record that has taken no step yet.
    pub const NOTHING: &str = "nothing";

    /// Whether it may be taken from a state, or as the first step.
    pub fn follows(&self, state: Option<&str>) -> bool {
        match state {
            Some(state) => self.from.iter().any(|from| from == state),
            None => self.from.is_empty() || self.from.iter().any(|from| from == Self::NOTHING),
        }
    }
}

words!(
    /// The five units in which time limits are counted.
    TimeUnit, "time unit" {
        /// Continuous hours, nights and holidays included (紧急工作时).
        UrgentHour = "urgent_hour",
        /// Continuous days of 24 hours (紧急工作日).
        UrgentDay = "urgent_day",
        /// Hours of the office only (工作时).
        WorkHour = "work_hour",
        /// Whole working days; the first day does not count (工作日).
        WorkDay = "work_day",
        /// Calendar days; the first does not count, and a last one on a holiday moves on
        /// (自然日).
        NaturalDay = "natural_day",
    }
);

impl TimeUnit {
    /// Whether it counts days, so that the last one may be used up.
    pub fn is_of_days(self) -> bool {
        match self {
            Self::WorkDay | Self::NaturalDay => true,
            Self::UrgentHour | Self::UrgentDay | Self::WorkHour => false,
        }
    }
}

/// How long a record may take from one step to another. Several may have one name: the first
/// whose `when` holds is the record's.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    pub name: String,
    /// Any of these steps begins it.
    pub from: Vec<String>,
    /// Any of these steps ends it.
    pub until: Vec<String>,
    pub when: Option<Expr>,
    /// The date or instant field from which time counts, where it is filled; else the step's
    /// own time.
    pub since: Option<String>,
    /// The date or instant field that ends it when it is filled.
    pub filled: Option<String>,
    /// The date field that names the last day, where it is filled: it goes before the count.
    pub day: Option<String>,
    /// None only where there is a `day`.
    pub count: Option<Count>,
    /// The states in which the clock stands still.
    pub stops: Vec<String>,
    pub extensions: Vec<Extension>,
    /// Whether an appeal against its having been passed was approved: it is passed all the same,
    /// and leaves the assessment.
    pub excused: Option<Expr>,
    /// Law and article it comes from; empty where it is the station's own rule.
    pub law: String,
}

impl Limit {
    /// The fields that decide on it.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        let named = [&self.since, &self.filled, &self.day].into_iter().flatten();
        let asked = [&self.when, &self.excused].into_iter().flatten();
        let asked = asked.flat_map(Expr::fields);
        named.map(String::as_str).chain(asked)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub value: u32,
    pub unit: TimeUnit,
}

/// A step that gives a limit more time, if it is taken before the limit has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    pub step: String,
    /// So often at most.
    pub times: u32,
    /// How much; the limit's own length where it says nothing.
    pub length: Option<Count>,
    pub law: String,
}
