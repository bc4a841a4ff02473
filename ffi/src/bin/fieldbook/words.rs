use clap::Args;
use ffi::Phone;
use ffi::form;

use crate::failure::Failure;
use crate::say::Say;

/// For a shell: kinds without a word; the fields of a kind; with `field=`, its codes.
#[derive(Debug, Args)]
pub struct Words {
    kind: Option<String>,
    word: Option<String>,
}

impl Words {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let catalogue = phone.catalogue()?;
        let Some(kind) = self.kind else {
            for kind in catalogue.kinds.keys() {
                say.line(kind);
            }
            return Ok(());
        };
        let kind = form::kind(&catalogue, &kind)?;
        let field = self.word.as_deref().and_then(|word| word.split_once('='));
        let field = field.and_then(|(name, _)| kind.field(name));
        match field {
            Some(field) => {
                let list = field
                    .codes
                    .as_ref()
                    .and_then(|list| catalogue.codes.get(list));
                for code in list.iter().flat_map(|list| &list.codes) {
                    say.line(&format!("{}={}", field.name, code.code));
                }
            }
            None => {
                for field in &kind.fields {
                    say.line(&format!("{}=", field.name));
                    for cell in field.row_cells() {
                        say.line(&format!("{}.{}=", field.name, cell.name));
                    }
                }
            }
        }
        Ok(())
    }
}
