//! How is a text written that several people write together?

use sync_core::catalogue::FieldType;
use sync_core::fieldbook::Deed;
use sync_core::ids::RecordId;
use sync_core::record::write::Edit;

use super::{Phone, Saved};
use crate::error::PhoneError;

impl Phone {
    /// Replaces `delete` UTF-16 units of a text from the unit `at` on, which is its end where
    /// none is given.
    pub fn splice(
        &mut self,
        record: RecordId,
        field: &str,
        at: Option<usize>,
        delete: usize,
        insert: String,
    ) -> Result<Saved, PhoneError> {
        let text = self.text_of(record, field)?;
        let field = self.field_of(record, field, FieldType::CoText)?;
        let at = at.unwrap_or_else(|| text.encode_utf16().count());
        let edits = vec![Edit::Splice {
            field,
            at,
            delete,
            insert,
        }];
        self.save(vec![Deed::Change { record, edits }], None)
    }

    /// Such a text; empty where nobody has written yet.
    pub fn text_of(&self, record: RecordId, field: &str) -> Result<String, PhoneError> {
        let field = self.field_of(record, field, FieldType::CoText)?;
        let view = self.view(record)?;
        let text = view.texts.get(&field);
        Ok(text.map(|text| text.text.clone()).unwrap_or_default())
    }
}
