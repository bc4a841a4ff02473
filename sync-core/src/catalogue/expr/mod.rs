//! The expressions of a catalogue: what a cell says of one record.
//!
//! `f.place ~ ' ' ~ f.category|label`: fields (`f`), the last event of each step (`s`), facts
//! (`r`), time limits (`l`), settings (`c`), texts, numbers, operators and our filters; nothing else, and all names are checked
//! when the catalogue is loaded. A field without a value is the empty text, an empty list or
//! false. Fuel bounds the work, so no expression hangs a phone.

mod context;
mod display;
mod filters;
mod reference;
mod scan;
mod tables;
mod tokens;
mod uses;

use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Expression, UndefinedBehavior};

pub use context::{Around, Datum, ExprContext, Facts, People, RecordData, StepEvent};
pub use display::{
    display, display_span, moment as display_moment, run_on, spoken as spoken_moment,
};
pub use reference::Ref;

pub(super) use context::FACTS;
use context::{Many, Part, View};
pub(super) use filters::OFFICER_PARTS;
use tokens::Fault;
pub(super) use uses::{FilterUse, Path, Uses};

/// A compiled expression. Two are equal when their sources are.
#[derive(Clone)]
pub struct Expr {
    source: String,
    uses: Arc<Uses>,
    compiled: Arc<Expression<'static, 'static>>,
}

/// An expression that failed on a record.
#[derive(Debug, thiserror::Error)]
#[error("evaluate `{expression}`")]
pub struct ExprError {
    pub expression: String,
    #[source]
    pub source: minijinja::Error,
}

/// Enough for some thousand operations or table rows.
const FUEL: u64 = 50_000;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut env = Environment::empty();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    filters::register(&mut env);
    env
});

impl Expr {
    /// Compiles a source. Its names are checked by who knows the kind.
    pub(super) fn compile(source: &str) -> Result<Expr, Fault> {
        let (uses, rewritten) = scan::scan(source)?;
        let compiled = ENVIRONMENT
            .compile_expression_owned(rewritten)
            .map_err(|error| Fault {
                at: 0..source.len(),
                what: format!(
                    "the expression does not compile: {}",
                    error.detail().unwrap_or("it is not complete")
                ),
                mend: "write it like `f.place ~ ' ' ~ f.category|label`".to_owned(),
            })?;
        Ok(Expr {
            source: source.to_owned(),
            uses: Arc::new(uses),
            compiled: Arc::new(compiled),
        })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub(super) fn uses(&self) -> &Uses {
        &self.uses
    }

    /// The names of the fields it reads, in order of appearance; then those that it reads through
    /// a filter, as in `f|minutes('in_at', 'out_at')`.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        let own = self.uses.fields.iter().map(|(name, _)| name.as_str());
        let filters = self.uses.filters.iter();
        let reading = filters.filter(|filter| matches!(filter.name, "minutes" | "period"));
        let read = reading.flat_map(|filter| filter.args.iter().map(|(name, _)| name.as_str()));
        own.chain(read)
    }

    /// The names of the time limits it reads.
    pub fn limits(&self) -> impl Iterator<Item = &str> {
        self.uses.limits.iter().map(|(name, _)| name.as_str())
    }

    /// The names of the facts it reads.
    pub fn facts(&self) -> impl Iterator<Item = &str> {
        self.uses.facts.iter().map(|(name, _)| name.as_str())
    }

    pub fn eval(&self, ctx: &ExprContext) -> Result<Value, ExprError> {
        let view = View {
            root: ctx.root.clone(),
            part: Part::All,
        };
        self.compiled
            .eval(Value::from_object(view))
            .map_err(|source| ExprError {
                expression: self.source.clone(),
                source,
            })
    }

    /// What a cell prints. References to other records stand in it as [`Ref`]s.
    pub fn text(&self, ctx: &ExprContext) -> Result<String, ExprError> {
        let value = self.eval(ctx)?;
        Ok(match value.kind() {
            ValueKind::Bool => display::yes_no(value.is_true(), ctx.language()).to_owned(),
            _ => value.to_string().trim().to_owned(),
        })
    }

    /// For the fold `sum`: nothing where the record has nothing to say.
    pub fn number(&self, ctx: &ExprContext) -> Result<Option<f64>, ExprError> {
        Ok(f64::try_from(self.eval(ctx)?).ok())
    }

    /// For the fold `span`: the two moments of a list, or one moment twice.
    pub fn span(&self, ctx: &ExprContext) -> Result<Option<(i64, i64)>, ExprError> {
        let value = self.eval(ctx)?;
        if value.is_integer() {
            return Ok(value.as_i64().map(|at| (at, at)));
        }
        let Ok(items) = value.try_iter() else {
            return Ok(None);
        };
        let moments: Vec<i64> = items.filter_map(|item| item.as_i64()).collect();
        Ok(moments.first().copied().zip(moments.last().copied()))
    }

    /// For the fold `refs` and for `per`: each value as a text, empty ones left out.
    pub fn list(&self, ctx: &ExprContext) -> Result<Vec<String>, ExprError> {
        let value = self.eval(ctx)?;
        let texts = match value.downcast_object_ref::<Many>() {
            Some(Many(items)) => items.iter().map(Value::to_string).collect(),
            None => vec![value.to_string()],
        };
        Ok(texts.into_iter().filter(|text| !text.is_empty()).collect())
    }

    /// For the `when` of a step or field.
    pub fn truth(&self, ctx: &ExprContext) -> Result<bool, ExprError> {
        Ok(self.eval(ctx)?.is_true())
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({:?})", self.source)
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

#[cfg(test)]
mod tests;
