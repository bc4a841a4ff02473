//! What one place of a record holds, and what a field of each type may be.

use std::sync::LazyLock;

use crate::catalogue::expr::Expr;
use crate::catalogue::names::{Label, words};

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

/// What a field may be asked to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum May {
    /// `many = true` may stand on it.
    Many,
    /// A cell of a table may be of its type.
    Cell,
    /// Its value is a text, which can be encrypted as a personal value.
    Personal,
}

impl FieldType {
    /// What it holds and what it may be: all that differs between types is said here.
    fn nature(self) -> (Holds, &'static [May]) {
        match self {
            Self::Text => (Holds::Value, &[May::Many, May::Cell, May::Personal]),
            Self::LongText | Self::Phone | Self::IdNumber => {
                (Holds::Value, &[May::Cell, May::Personal])
            }
            Self::Choice | Self::Person | Self::Record => (Holds::Value, &[May::Many, May::Cell]),
            Self::Integer
            | Self::Decimal
            | Self::Money
            | Self::Boolean
            | Self::Date
            | Self::Time
            | Self::Instant
            | Self::Duration
            | Self::Point => (Holds::Value, &[May::Cell]),
            Self::Evidence | Self::Table => (Holds::Value, &[]),
            Self::Track => (Holds::Points, &[]),
            Self::CoText => (Holds::Text, &[]),
        }
    }

    pub fn holds(self) -> Holds {
        self.nature().0
    }

    /// Whether `many = true` may stand on it.
    pub fn may_be_many(self) -> bool {
        self.nature().1.contains(&May::Many)
    }

    /// Whether a cell of a table may be of it.
    pub fn may_be_cell(self) -> bool {
        self.nature().1.contains(&May::Cell)
    }

    /// Whether its value can be encrypted as a personal value.
    pub fn may_be_personal(self) -> bool {
        self.nature().1.contains(&May::Personal)
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
        if self.ty == FieldType::Evidence {
            return &EVIDENCE_CELLS;
        }
        // Of any other type than a table's there are none.
        &self.cells
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
