//! Reads the fields of a kind and the cells of its tables.

use std::ops::Range;

use toml::Spanned;

use super::super::lists::{AUTHOR, HANDLER};
use super::super::read::{Reader, word};
use super::super::{Field, FieldType, Merge, Personal, Required, Step};
use super::kinds::KindReader;
use super::{known, plain, unique};

/// What stands on a field that must fit its type, with the place.
struct Given {
    at: Range<usize>,
    ty: Option<FieldType>,
    codes: Option<Spanned<String>>,
    links: Option<Spanned<String>>,
    personal: Option<Spanned<String>>,
    merge: Option<(Spanned<String>, Merge)>,
    is_cell: bool,
}

impl KindReader<'_> {
    pub fn fields(&mut self, top: &Reader<'_, '_>, steps: &[Step]) -> Vec<Field> {
        self.list(top.tables("fields"), steps, None)
    }

    /// Fields, or the cells of a table that these may write.
    fn list(
        &mut self,
        rows: Vec<Reader<'_, '_>>,
        steps: &[Step],
        table: Option<&[String]>,
    ) -> Vec<Field> {
        let mut names = Vec::new();
        let fields = rows.into_iter().map(|row| {
            let name = row.needed("name", "write `name = \"...\"`");
            let field = self.field(row, name.as_ref(), steps, table);
            names.extend(name);
            field
        });
        let fields = fields.collect();
        let what = if table.is_some() { "cell" } else { "field" };
        unique(self.file, what, &names);
        fields
    }

    fn field(
        &mut self,
        row: Reader<'_, '_>,
        name: Option<&Spanned<String>>,
        steps: &[Step],
        table: Option<&[String]>,
    ) -> Field {
        let file = self.file;
        let what = if table.is_some() { "cell" } else { "field" };
        self.name(what, name, &["removed"]);
        let label = row.label(&format!("the {what}"));
        let ty = row.needed("type", "write `type = \"text\"` or another type");
        let merge = row.text("merge");
        let given = Given {
            at: row.at.clone(),
            ty: ty.and_then(|text| word::<FieldType>(file, &text)),
            codes: row.text("codes"),
            links: row.text("links"),
            personal: row.text("personal"),
            merge: merge.and_then(|text| Some((text.clone(), word::<Merge>(file, &text)?))),
            is_cell: table.is_some(),
        };
        let personal = given.personal.as_ref();
        let personal = personal.and_then(|text| word::<Personal>(file, text));
        let required = row.text("required");
        let required = self.required(required.as_ref(), steps, given.is_cell);
        let (mut many, mut when, mut cells) = (false, None, Vec::new());
        let write = if let Some(of_table) = table {
            of_table.to_vec()
        } else {
            many = row.flag("many");
            let text = row.text("when");
            when = self.expr(text);
            let write = row.texts("write");
            self.roles(write.as_deref(), &[AUTHOR, HANDLER]);
            let write = match write {
                Some(write) => plain(Some(write)),
                None => vec![AUTHOR.to_owned(), HANDLER.to_owned()],
            };
            cells = self.list(row.tables("cells"), steps, Some(&write));
            write
        };
        row.finish();
        let merge = match (given.ty, many) {
            (Some(FieldType::CoText), _) => Merge::Text,
            (_, true) => Merge::Set,
            (_, false) => given
                .merge
                .as_ref()
                .map_or(Merge::Flag, |(_, merge)| *merge),
        };
        let plain = |text: &Option<Spanned<String>>| text.as_ref().map(|t| t.get_ref().clone());
        let field = Field {
            name: name.map(|name| name.get_ref().clone()).unwrap_or_default(),
            label,
            ty: given.ty.unwrap_or(FieldType::Text),
            required,
            write,
            merge,
            many,
            personal,
            codes: plain(&given.codes),
            links: plain(&given.links),
            when,
            cells,
        };
        if given.ty.is_some() {
            self.lists_fit(&field, &given);
            self.type_fits(&field, &given);
        }
        self.later.links.extend(given.links);
        field
    }

    fn lists_fit(&self, field: &Field, given: &Given) {
        let of = field.ty.word();
        let wrong = |at: &Range<usize>, what: String, mend: &str| self.file.mistake(at, what, mend);
        match (&given.codes, field.ty == FieldType::Choice) {
            (Some(codes), true) => {
                known(self.file, codes, "code list", self.codes.iter().copied());
            }
            (None, true) => {
                let mend = "name the code list of the choice";
                wrong(&given.at, "`codes` is missing".to_owned(), mend);
            }
            (Some(codes), false) => {
                let what = format!("`codes` on a field of type {of}");
                wrong(
                    &codes.span(),
                    what,
                    "make it a choice, or leave `codes` out",
                );
            }
            (None, false) => {}
        }
        if let Some(links) = &given.links
            && field.ty != FieldType::Record
        {
            let what = format!("`links` on a field of type {of}");
            wrong(&links.span(), what, "only a record field links to a kind");
        }
        match (field.ty == FieldType::Table, field.cells.is_empty()) {
            (true, true) if !given.is_cell => {
                let mend = "a table has at least one cell";
                wrong(&given.at, "`cells` is missing".to_owned(), mend);
            }
            (false, false) => {
                let what = format!("`cells` on a field of type {of}");
                wrong(&given.at, what, "only a table has cells");
            }
            (true, _) | (false, true) => {}
        }
    }

    fn type_fits(&self, field: &Field, given: &Given) {
        let of = field.ty.word();
        let wrong = |at: &Range<usize>, what: String, mend: &str| self.file.mistake(at, what, mend);
        if given.is_cell && !field.ty.may_be_cell() {
            let mend = "make it a field of its own";
            wrong(&given.at, format!("a cell of type {of}"), mend);
        }
        if field.many && !field.ty.may_be_many() {
            let what = format!("`many` on a field of type {of}");
            let mend = "only text, choice, person and record can be many; else use a table";
            wrong(&given.at, what, mend);
        }
        if let Some(text) = &given.personal
            && (!field.ty.may_be_personal() || field.many)
        {
            let many = if field.many { " with many" } else { "" };
            let what = format!("`personal` on a field of type {of}{many}");
            let mend = "only a single text, long_text, phone or id_number can be encrypted";
            wrong(&text.span(), what, mend);
        }
        if let Some((text, merge)) = &given.merge {
            let fits = match merge {
                Merge::Text => field.ty == FieldType::CoText,
                Merge::Set => field.many,
                Merge::Last | Merge::Flag => field.ty != FieldType::CoText && !field.many,
            };
            if !fits {
                let what = format!("a field of type {of} does not merge as {}", merge.word());
                let mend = "co_text merges as text, many as set, all others as flag or last";
                wrong(&text.span(), what, mend);
            }
        }
    }

    /// A cell can only be `required = "create"`: when its row is made.
    fn required(&self, text: Option<&Spanned<String>>, steps: &[Step], cell: bool) -> Required {
        let Some(text) = text else {
            return Required::Never;
        };
        match text.get_ref().as_str() {
            "create" => Required::Create,
            step => {
                let names = steps.iter().filter(|_| !cell).map(|step| step.to.as_str());
                known(self.file, text, "step", names.chain(["create"]));
                Required::Step(step.to_owned())
            }
        }
    }
}
