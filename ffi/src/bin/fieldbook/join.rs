use clap::Args;
use ffi::Phone;
use ffi::http::Client;
use sync_core::ids::StationId;

use crate::failure::Failure;
use crate::say::Say;

#[derive(Debug, Args)]
pub struct Join {
    /// The code from the chief; it can be used once
    code: String,
    /// The server's address, such as http://192.168.1.10:8080
    #[arg(long, value_name = "URL")]
    server: String,
    /// The station, to be sure that the code is for it
    #[arg(long)]
    station: Option<StationId>,
    /// What you call this phone
    #[arg(long, default_value = "fieldbook")]
    name: String,
}

impl Join {
    pub fn run(self, phone: &mut Phone, say: &Say) -> Result<(), Failure> {
        let client = client(&self.server, say)?;
        let is_anew = phone.membership().is_ok();
        let member = phone.join(&client, &self.code, self.station, &self.name)?;
        let fill = [
            ("person", member.person.to_string()),
            ("station", member.station.to_string()),
            ("device", member.device.short()),
        ];
        say.line(&say.text("say", "joined", &fill));
        if is_anew {
            let fill = [("anew", phone.status().anew.to_string())];
            say.line(&say.text("say", "joined_anew", &fill));
        }
        Ok(())
    }
}

/// A client of the server that answers in the officer's language.
pub fn client(server: &str, say: &Say) -> Result<Client, Failure> {
    Ok(Client::new(server)?.in_language(say.language.pick("zh", "en")))
}
