//! Reads a kind.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;

use super::super::expr::Expr;
use super::super::lists::{AUTHOR, HANDLER, MEMBER};
use super::super::mistake::File;
use super::super::names::is_name;
use super::super::read::{Reader, read_file};
use super::super::{Catalogue, Draws, Field, FieldType, Guard, Kind, Setting, Step};
use super::{known, own_name, plain, unique};

/// What can be judged only when all kinds and books are read.
#[derive(Debug, Default)]
pub(super) struct LaterKind {
    pub name: String,
    pub exprs: Vec<PlacedExpr>,
    /// The kinds that record fields link to.
    pub links: Vec<Spanned<String>>,
    /// The fields of blocks of numbers that steps draw from.
    pub blocks: Vec<Spanned<String>>,
}

/// An expression and the place of its text in the file.
#[derive(Debug, Clone)]
pub(super) struct PlacedExpr {
    pub expr: Expr,
    pub at: Range<usize>,
}

/// A number field and a block field, as written.
type Drawn = (Spanned<String>, Spanned<String>);

pub(super) struct KindReader<'a> {
    pub file: &'a File<'a>,
    roles: Vec<&'a str>,
    pub codes: Vec<&'a str>,
    pub settings: &'a BTreeMap<String, Setting>,
    pub later: LaterKind,
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
        settings: &catalogue.settings,
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
        let (steps, draws_on) = self.steps(&top);
        let fields = self.fields(&top, &steps);
        for (number, block) in draws_on {
            self.field_of(&number, &fields, FieldType::Text);
            if self.field_of(&block, &fields, FieldType::Record) {
                self.later.blocks.push(block);
            }
        }
        let limits = self.limits(&top, &steps, &fields);
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

    fn field_of(&self, name: &Spanned<String>, fields: &[Field], ty: FieldType) -> bool {
        let single = |field: &&Field| field.ty == ty && !field.many;
        let fit = fields.iter().filter(single);
        let what = format!("single field of type {}", ty.word());
        known(self.file, name, &what, fit.map(|field| field.name.as_str()))
    }

    pub fn roles(&self, roles: Option<&[Spanned<String>]>, of_record: &[&str]) {
        for role in roles.into_iter().flatten() {
            let names = of_record.iter().copied().chain(self.roles.iter().copied());
            known(self.file, role, "role", names);
        }
    }

    pub fn expr(&mut self, text: Option<Spanned<String>>) -> Option<Expr> {
        let placed = compile(self.file, &text?)?;
        self.later.exprs.push(placed.clone());
        Some(placed.expr)
    }

    fn guards(&mut self, step: &Reader<'_, '_>) -> Vec<Guard> {
        let rows = step.tables("guards").into_iter();
        let guards = rows.filter_map(|row| {
            let when = row.needed("when", "write what must be true of the record");
            let otherwise = row.label("the guard");
            row.finish();
            let when = self.expr(when)?;
            Some(Guard { when, otherwise })
        });
        guards.collect()
    }

    pub fn name(&self, what: &str, name: Option<&Spanned<String>>, reserved: &[&str]) {
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

    /// The steps, and the number and block fields that they draw on.
    fn steps(&mut self, top: &Reader<'_, '_>) -> (Vec<Step>, Vec<Drawn>) {
        let mut draws_on = Vec::new();
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
            let guards = self.guards(&row);
            let drawn = row.table("draws").and_then(|row| {
                let number = row.needed("number", "name the text field of the number");
                let block = row.needed("block", "name the record field of the block");
                row.finish();
                Some((number?, block?))
            });
            let draws = drawn.as_ref().map(|(number, block)| Draws {
                number: number.get_ref().clone(),
                block: block.get_ref().clone(),
            });
            draws_on.extend(drawn);
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
                guards,
                draws,
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
        (steps, draws_on)
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
