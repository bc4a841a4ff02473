//! Reads the time limits of a kind.

use toml::Spanned;

use super::super::read::Reader;
use super::super::{Count, Extension, Field, FieldType, Limit, Step, TimeUnit};
use super::kinds::KindReader;
use super::{known, plain};

impl KindReader<'_> {
    pub fn limits(&mut self, top: &Reader<'_, '_>, steps: &[Step], fields: &[Field]) -> Vec<Limit> {
        let rows = top.tables("limits").into_iter();
        let limits: Vec<_> = rows.map(|row| self.limit(row, steps, fields)).collect();
        // One without a condition hides those of its name that come after it.
        let mut whole: Vec<&str> = Vec::new();
        for (name, limit) in &limits {
            let Some(name) = name else { continue };
            if whole.contains(&limit.name.as_str()) {
                self.file.mistake(
                    &name.span(),
                    format!("a second limit `{}` that nothing can reach", limit.name),
                    "give it another name, or the one before it a `when`",
                );
            }
            if limit.when.is_none() {
                whole.push(&limit.name);
            }
        }
        limits.into_iter().map(|(_, limit)| limit).collect()
    }

    fn limit(
        &mut self,
        row: Reader<'_, '_>,
        steps: &[Step],
        fields: &[Field],
    ) -> (Option<Spanned<String>>, Limit) {
        let name = row.needed("name", "write `name = \"...\"`");
        self.name("limit", name.as_ref(), &[]);
        if !row.has("from") {
            row.missing("from", "name the steps that begin it");
        }
        let from = self.of_steps(row.texts("from"), steps);
        let until = self.of_steps(row.texts("until"), steps);
        let stops = self.of_steps(row.texts("stops"), steps);
        let when = row.text("when");
        let when = self.expr(when);
        let since = self.of_field(
            row.text("since"),
            fields,
            &[FieldType::Date, FieldType::Instant],
        );
        let filled = row.text("filled");
        let filled = self.of_field(filled, fields, &[FieldType::Date, FieldType::Instant]);
        let day = self.of_field(row.text("day"), fields, &[FieldType::Date]);
        if until.is_empty() && filled.is_none() {
            row.missing(
                "until",
                "name the steps that end it, or a date field in `filled`",
            );
        }
        let count = self.count(&row);
        if count.is_none() && !row.has("day") {
            for (key, mend) in [
                ("value", "write `value = 3`, or name a date field in `day`"),
                ("unit", "write `unit = \"work_day\"`"),
            ] {
                if !row.has(key) {
                    row.missing(key, mend);
                }
            }
        }
        let excused = row.text("excused");
        let excused = self.expr(excused);
        let extensions = row.tables("extensions").into_iter();
        let extensions = extensions.filter_map(|row| self.extension(row, steps));
        let limit = Limit {
            name: name
                .as_ref()
                .map(|name| name.get_ref().clone())
                .unwrap_or_default(),
            from,
            until,
            when,
            since,
            filled,
            day,
            count,
            stops,
            extensions: extensions.collect(),
            excused,
            law: row.text("law").map(Spanned::into_inner).unwrap_or_default(),
        };
        row.finish();
        (name, limit)
    }

    fn extension(&self, row: Reader<'_, '_>, steps: &[Step]) -> Option<Extension> {
        let step = row.needed("step", "name the step that gives more time");
        let names = steps.iter().map(|step| step.to.as_str());
        if let Some(step) = &step {
            known(self.file, step, "step", names);
        }
        let times = row.count("times", 10).unwrap_or(1);
        let length = self.count(&row);
        let law = row.text("law").map(Spanned::into_inner).unwrap_or_default();
        row.finish();
        Some(Extension {
            step: step?.into_inner(),
            times,
            length,
            law,
        })
    }

    /// `value` and `unit`. The value may be the name of a setting.
    fn count(&self, row: &Reader<'_, '_>) -> Option<Count> {
        let unit = row.word::<TimeUnit>("unit");
        if row.has("unit") && !row.has("value") {
            row.missing("value", "write `value = 3`, or the name of a setting");
        }
        if row.has("value") && !row.has("unit") {
            row.missing("unit", "write `unit = \"work_day\"`");
        }
        let value = match row.is_text("value") {
            true => {
                let name = row.text("value")?;
                let names = self.settings.keys().map(String::as_str);
                if !known(self.file, &name, "setting", names) {
                    return None;
                }
                self.settings.get(name.get_ref())?.value
            }
            false => row.count("value", 10_000)?,
        };
        Some(Count { value, unit: unit? })
    }

    fn of_steps(&self, names: Option<Vec<Spanned<String>>>, steps: &[Step]) -> Vec<String> {
        for name in names.iter().flatten() {
            let all = steps.iter().map(|step| step.to.as_str());
            known(self.file, name, "step", all);
        }
        plain(names)
    }

    fn of_field(
        &self,
        name: Option<Spanned<String>>,
        fields: &[Field],
        types: &[FieldType],
    ) -> Option<String> {
        let name = name?;
        let fit = fields.iter().filter(|field| types.contains(&field.ty));
        known(
            self.file,
            &name,
            "date",
            fit.map(|field| field.name.as_str()),
        );
        Some(name.into_inner())
    }
}
