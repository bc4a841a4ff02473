//! Reads a kind.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;

use super::super::expr::Expr;
use super::super::lists::{AUTHOR, HANDLER, MEMBER};
use super::super::mistake::File;
use super::super::names::is_name;
use super::super::read::{Reader, read_file, word};
use super::super::{
    Catalogue, Field, FieldType, Kind, Limit, Merge, Personal, Required, Step, TimeUnit,
};
use super::{known, own_name, plain, unique};

/// What can be judged only when all kinds and books are read.
#[derive(Debug, Default)]
pub(super) struct LaterKind {
    pub name: String,
    pub exprs: Vec<PlacedExpr>,
    /// The kinds that record fields link to.
    pub links: Vec<Spanned<String>>,
}

/// An expression and the place of its text in the file.
#[derive(Debug, Clone)]
pub(super) struct PlacedExpr {
    pub expr: Expr,
    pub at: Range<usize>,
}

struct KindReader<'a> {
    file: &'a File<'a>,
    roles: Vec<&'a str>,
    codes: Vec<&'a str>,
    later: LaterKind,
}

pub(super) fn read_kind(file: &File<'_>, catalogue: &mut Catalogue) -> LaterKind {
    let mut reader = KindReader {
        file,
        roles: catalogue
            .roles
            .keys()
            .map(String::as_str)
            .chain([MEMBER])
            .collect(),
        codes: catalogue.codes.keys().map(String::as_str).collect(),
        later: LaterKind::default(),
    };
    let kind = read_file(file, |top| reader.kind(top));
    let mut later = reader.later;
    later.name.clone_from(&kind.name);
    catalogue.kinds.insert(kind.name.clone(), kind);
    later
}

/// Compiles an expression, or notes why it cannot be.
pub(super) fn compile(file: &File<'_>, text: &Spanned<String>) -> Option<PlacedExpr> {
    match Expr::compile(text.get_ref()) {
        Ok(expr) => Some(PlacedExpr {
            expr,
            at: text.span(),
        }),
        Err(fault) => {
            let at = super::check::inside(&text.span(), &fault.at);
            file.mistake(&at, fault.what, fault.mend);
            None
        }
    }
}

impl<'a> KindReader<'a> {
    fn kind(&mut self, top: Reader<'_, '_>) -> Kind {
        let name = own_name(self.file, top.needed("kind", "write `kind = \"...\"`"));
        let label = top.label("the kind");
        let create = top.texts("create");
        if create.as_ref().is_none_or(Vec::is_empty) {
            top.missing("create", "name the roles that may make one, or `member`");
        }
        self.roles(create.as_deref(), &[]);
        let (clock, title) = (top.text("clock"), top.text("title"));
        let (submitted, handlers) = (top.texts("submitted"), top.text("handlers"));
        let steps = self.steps(&top);
        let fields = self.fields(&top, &steps);
        let limits = self.limits(&top, &steps);
        top.finish();
        let field_names = || fields.iter().map(|field| field.name.as_str());
        let of_type =
            |name: &Option<Spanned<String>>, what: &str, types: &[FieldType], mend: &str| {
                let Some(name) = name else { return };
                if !known(self.file, name, "field", field_names()) {
                    return;
                }
                let field = fields.iter().find(|field| field.name == *name.get_ref());
                if let Some(field) = field
                    && !types.contains(&field.ty)
                {
                    self.file.mistake(
                        &name.span(),
                        format!("{what} `{}` is of type {}", field.name, field.ty.word()),
                        mend,
                    );
                }
            };
        of_type(
            &clock,
            "the clock",
            &[FieldType::Date, FieldType::Instant],
            "name a field of type date or instant",
        );
        of_type(
            &handlers,
            "the handlers field",
            &[FieldType::Person],
            "name a field of type person",
        );
        if let Some(title) = &title {
            known(self.file, title, "field", field_names());
        }
        for step in submitted.iter().flatten() {
            known(
                self.file,
                step,
                "step",
                steps.iter().map(|step| step.to.as_str()),
            );
        }
        let by_default = || {
            let field = fields.iter().find(|field| field.name == "handlers");
            field
                .filter(|field| field.ty == FieldType::Person)
                .map(|field| field.name.clone())
        };
        Kind {
            name,
            label,
            create: plain(create),
            clock: clock.map(Spanned::into_inner),
            title: title.map(Spanned::into_inner),
            submitted: match submitted {
                Some(steps) => plain(Some(steps)),
                None => steps
                    .first()
                    .map(|step| step.to.clone())
                    .into_iter()
                    .collect(),
            },
            handlers: handlers.map(Spanned::into_inner).or_else(by_default),
            fields,
            steps,
            limits,
        }
    }

    fn roles(&self, roles: Option<&[Spanned<String>]>, of_record: &[&str]) {
        for role in roles.into_iter().flatten() {
            let names = of_record.iter().copied().chain(self.roles.iter().copied());
            known(self.file, role, "role", names);
        }
    }

    fn expr(&mut self, text: Option<Spanned<String>>) -> Option<Expr> {
        let placed = compile(self.file, &text?)?;
        self.later.exprs.push(placed.clone());
        Some(placed.expr)
    }

    fn name(&self, what: &str, name: Option<&Spanned<String>>, reserved: &[&str]) {
        let Some(name) = name else { return };
        if !is_name(name.get_ref()) {
            self.file.mistake(
                &name.span(),
                format!("`{}` is not a name", name.get_ref()),
                "use letters, digits and _, a letter first, 48 at most",
            );
        } else if reserved.contains(&name.get_ref().as_str()) {
            self.file.mistake(
                &name.span(),
                format!("no {what} may be called `{}`", name.get_ref()),
                "give it another name",
            );
        }
    }

    fn steps(&mut self, top: &Reader<'_, '_>) -> Vec<Step> {
        let mut names = Vec::new();
        let mut froms = Vec::new();
        let mut steps = Vec::new();
        for row in top.tables("steps") {
            let to = row.needed("to", "write `to = \"...\"`");
            self.name("step", to.as_ref(), &["create", Step::NOTHING]);
            let label = row.label("the step");
            let from = row.texts("from");
            if from.is_none() {
                row.missing("from", "write `from = []` if a record may begin here");
            }
            let by = row.texts("by");
            if by.as_ref().is_none_or(Vec::is_empty) {
                row.missing(
                    "by",
                    "name who may take it: roles, `author`, `handler` or `member`",
                );
            }
            self.roles(by.as_deref(), &[AUTHOR, HANDLER]);
            let where_ = row.word("where");
            let when = row.text("when");
            let when = self.expr(when);
            steps.push(Step {
                to: to
                    .as_ref()
                    .map(|to| to.get_ref().clone())
                    .unwrap_or_default(),
                label,
                from: plain(from.clone()),
                by: plain(by),
                where_,
                when,
            });
            froms.extend(from.unwrap_or_default());
            names.extend(to);
            row.finish();
        }
        unique(self.file, "step", &names);
        for from in &froms {
            let names = names.iter().map(|name| name.get_ref().as_str());
            known(self.file, from, "step", names.chain([Step::NOTHING]));
        }
        let reached = reached(&steps);
        let stray = |name: &&Spanned<String>| !reached.contains(name.get_ref().as_str());
        for name in names.iter().filter(stray) {
            self.file.mistake(
                &name.span(),
                format!("nothing leads to the step `{}`", name.get_ref()),
                "name in `from` a step that can be reached, or write `from = []`",
            );
        }
        steps
    }

    fn fields(&mut self, top: &Reader<'_, '_>, steps: &[Step]) -> Vec<Field> {
        let mut names = Vec::new();
        let fields = top.tables("fields").into_iter().map(|row| {
            let name = row.needed("name", "write `name = \"...\"`");
            let field = self.field(row, name.as_ref(), steps, None);
            names.extend(name);
            field
        });
        let fields = fields.collect();
        unique(self.file, "field", &names);
        fields
    }

    /// A field, or a cell of `table`.
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
        let type_text = row.needed("type", "write `type = \"text\"` or another type");
        let ty = type_text
            .as_ref()
            .and_then(|text| word::<FieldType>(file, text));
        let codes = row.text("codes");
        let links = row.text("links");
        let personal_text = row.text("personal");
        let personal = personal_text
            .as_ref()
            .and_then(|text| word::<Personal>(file, text));
        let merge_text = row.text("merge");
        let merge = merge_text
            .as_ref()
            .and_then(|text| word::<Merge>(file, text));
        let required = row.text("required");
        let (mut many, mut write, mut when, mut cells) = (false, None, None, Vec::new());
        if table.is_none() {
            many = row.flag("many");
            write = row.texts("write");
            self.roles(write.as_deref(), &[AUTHOR, HANDLER]);
            let text = row.text("when");
            when = self.expr(text);
        }
        let write = match (table, write) {
            (Some(of_table), _) => of_table.to_vec(),
            (None, Some(write)) => plain(Some(write)),
            (None, None) => vec![AUTHOR.to_owned(), HANDLER.to_owned()],
        };
        if table.is_none() {
            cells = self.cells(&row, steps, &write);
        }
        let field = Field {
            name: name.map(|name| name.get_ref().clone()).unwrap_or_default(),
            label,
            ty: ty.unwrap_or(FieldType::Text),
            required: self.required(required.as_ref(), steps, table.is_some()),
            write,
            merge: match (ty, many) {
                (Some(FieldType::CoText), _) => Merge::Text,
                (_, true) => Merge::Set,
                (_, false) => merge.unwrap_or(Merge::Flag),
            },
            many,
            personal,
            codes: codes.as_ref().map(|codes| codes.get_ref().clone()),
            links: links.as_ref().map(|links| links.get_ref().clone()),
            when,
            cells,
        };
        let wrong = |at: &Range<usize>, what: String, mend: &str| file.mistake(at, what, mend);
        let Some(ty) = ty else {
            row.finish();
            return field;
        };
        let of = ty.word();
        match (&codes, ty == FieldType::Choice) {
            (Some(codes), true) => {
                known(file, codes, "code list", self.codes.iter().copied());
            }
            (None, true) => row.missing("codes", "name the code list of the choice"),
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
        if let Some(links) = links {
            if ty != FieldType::Record {
                let what = format!("`links` on a field of type {of}");
                wrong(&links.span(), what, "only a record field links to a kind");
            }
            self.later.links.push(links);
        }
        if ty == FieldType::Table && table.is_none() && field.cells.is_empty() {
            row.missing("cells", "a table has at least one cell");
        }
        if ty != FieldType::Table && !field.cells.is_empty() {
            let what = format!("`cells` on a field of type {of}");
            wrong(&row.at, what, "only a table has cells");
        }
        if table.is_some() && !ty.may_be_cell() {
            wrong(
                &row.at,
                format!("a cell of type {of}"),
                "make it a field of its own",
            );
        }
        if many && !ty.may_be_many() {
            let what = format!("`many` on a field of type {of}");
            wrong(
                &row.at,
                what,
                "only text, choice, person and record can be many; else use a table",
            );
        }
        if let Some(text) = &personal_text
            && personal.is_some()
            && (!ty.may_be_personal() || many)
        {
            let what = format!(
                "`personal` on a field of type {of}{}",
                if many { " with many" } else { "" }
            );
            wrong(
                &text.span(),
                what,
                "only a single text, long_text, phone or id_number can be encrypted",
            );
        }
        if let (Some(text), Some(merge)) = (&merge_text, merge) {
            let fits = match merge {
                Merge::Text => ty == FieldType::CoText,
                Merge::Set => many,
                Merge::Last | Merge::Flag => ty != FieldType::CoText && !many,
            };
            if !fits {
                let what = format!("a field of type {of} does not merge as {}", merge.word());
                let mend = "co_text merges as text, many as set, all others as flag or last";
                wrong(&text.span(), what, mend);
            }
        }
        row.finish();
        field
    }

    fn cells(&mut self, row: &Reader<'_, '_>, steps: &[Step], write: &[String]) -> Vec<Field> {
        let mut names = Vec::new();
        let cells = row.tables("cells").into_iter().map(|cell| {
            let name = cell.needed("name", "write `name = \"...\"`");
            let field = self.field(cell, name.as_ref(), steps, Some(write));
            names.extend(name);
            field
        });
        let cells = cells.collect();
        unique(self.file, "cell", &names);
        cells
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

    fn limits(&self, top: &Reader<'_, '_>, steps: &[Step]) -> Vec<Limit> {
        let mut names = Vec::new();
        let mut limits = Vec::new();
        for row in top.tables("limits") {
            let name = row.needed("name", "write `name = \"...\"`");
            self.name("limit", name.as_ref(), &[]);
            let step = |key: &'static str| {
                let text = row.needed(key, "name a step")?;
                known(
                    self.file,
                    &text,
                    "step",
                    steps.iter().map(|step| step.to.as_str()),
                );
                Some(text.into_inner())
            };
            let (from, until) = (step("from"), step("until"));
            let value = row.count("value", 10_000);
            let unit = row.word::<TimeUnit>("unit");
            for (key, mend) in [
                ("value", "write `value = 3`"),
                ("unit", "write `unit = \"work_day\"`"),
            ] {
                if !row.has(key) {
                    row.missing(key, mend);
                }
            }
            let law = row.text("law").map(Spanned::into_inner).unwrap_or_default();
            if let (Some(name), Some(value), Some(unit)) = (&name, value, unit) {
                limits.push(Limit {
                    name: name.get_ref().clone(),
                    from: from.unwrap_or_default(),
                    until: until.unwrap_or_default(),
                    value,
                    unit,
                    law,
                });
            }
            names.extend(name);
            row.finish();
        }
        unique(self.file, "limit", &names);
        limits
    }
}

/// The steps that a record can come to, beginning with nothing.
fn reached(steps: &[Step]) -> BTreeSet<&str> {
    let mut reached = BTreeSet::new();
    loop {
        let open = |step: &&Step| {
            step.follows(None) || step.from.iter().any(|from| reached.contains(from.as_str()))
        };
        let more: Vec<&str> = steps
            .iter()
            .filter(|step| !reached.contains(step.to.as_str()))
            .filter(open)
            .map(|step| step.to.as_str())
            .collect();
        if more.is_empty() {
            return reached;
        }
        reached.extend(more);
    }
}
