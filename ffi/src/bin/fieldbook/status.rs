use clap::Args;
use ffi::Phone;
use serde_json::json;

use crate::failure::Failure;
use crate::say::Say;

#[derive(Debug, Args)]
pub struct Status {
    /// One JSON object on one line
    #[arg(long)]
    json: bool,
}

impl Status {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let status = phone.status();
        if self.json {
            let status = json!({
                "saved": status.saved, "sent": status.sent,
                "registered": status.registered, "held": status.held, "anew": status.anew,
                "alarm": phone.alarm(),
            });
            say.json(&status);
            return Ok(());
        }
        let fill = [
            ("saved", status.saved.to_string()),
            ("sent", status.sent.to_string()),
            ("registered", status.registered.to_string()),
            ("held", status.held.to_string()),
        ];
        say.line(&say.text("say", "status", &fill));
        if status.anew > 0 {
            let fill = [("anew", status.anew.to_string())];
            say.line(&say.text("say", "waits_anew", &fill));
        }
        if let Some(what) = phone.alarm() {
            let fill = [("detail", what.to_owned())];
            say.line(&say.text("say", "alarm_stands", &fill));
        }
        if phone.must_join_anew() {
            say.line(&say.text("say", "must_join_anew", &[]));
        }
        Ok(())
    }
}
