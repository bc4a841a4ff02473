//! A phone for tests: a key, a pen and the wire, without a store.

use std::net::SocketAddr;

use sync_core::catalogue::{Catalogue, Kind};
use sync_core::envelope::{
    Act, Charter, CharterDelta, Draft, Entry, Envelope, Need, Part, Signed, SoftKey, Statement,
    header, merkle,
};
use sync_core::gate::desk::kind_of;
use sync_core::ids::{ActId, DeviceId, Hash, PersonId, RecordId, StationId};
use sync_core::record::change::{Decoded, Scalar};
use sync_core::record::history::{History, Origin};
use sync_core::record::write::{self, Birth, Edit, Pen, Spot};
use sync_core::sync::message::{Message, charter_from_wire};
use sync_core::sync::{
    Clock, CodeProof, Enrolment, JoinCode, JoinRequest, JoinResponse, Nonce, RecordRequest,
    RecordResponse, SyncRequest, SyncResponse, WireEnvelope,
};

use crate::store::NOW;
use crate::wire::read;

pub use crate::wire::{Answer, exchange};

/// One soft phone: what it has closed, and how far it has read.
pub struct Phone {
    pub key: SoftKey,
    pub station: StationId,
    pub person: PersonId,
    pub nonce: Nonce,
    pub charter: Charter,
    pub catalogue: Option<Hash>,
    pub range: merkle::CompactRange,
    pub entries: Vec<Entry>,
    pub bodies: Vec<Envelope>,
    pub closed: Vec<Envelope>,
    pub acts: u64,
    pub records: u64,
    pub now: i64,
}

impl Phone {
    pub fn new(secret: u8) -> Phone {
        Phone {
            key: SoftKey::from_secret(&[secret; 32]).unwrap(),
            station: StationId::new("S00").unwrap(),
            person: PersonId::new("O0000").unwrap(),
            nonce: Nonce([0; 20]),
            charter: Charter::default(),
            catalogue: None,
            range: merkle::CompactRange::default(),
            entries: Vec::new(),
            bodies: Vec::new(),
            closed: Vec::new(),
            acts: 0,
            records: 0,
            now: NOW,
        }
    }

    pub fn device(&self) -> DeviceId {
        self.key.device()
    }

    pub fn clock(&self) -> Clock {
        Clock {
            wall: self.now,
            mono: 5,
            boot: 1,
        }
    }

    pub fn join_request(&self, code: &str) -> JoinRequest {
        let code = JoinCode::parse(code).unwrap();
        let enrolment = Enrolment {
            station: code.station().clone(),
            server: code.server(),
            sign_key: self.key.public(),
            agree_key: Vec::new(),
            replaces: None,
        };
        JoinRequest {
            station: Some(code.station().clone()),
            sign_key: self.key.public(),
            agree_key: Vec::new(),
            name: "试机".to_owned(),
            clock: self.clock(),
            replaces: None,
            code: Some(CodeProof::new(&code, &enrolment)),
        }
    }

    pub fn try_join(&mut self, server: SocketAddr, code: &str) -> Answer<JoinResponse> {
        self.send_join(server, self.join_request(code))
    }

    /// Asks as it stands, signed by this phone's key.
    pub fn send_join(&self, server: SocketAddr, request: JoinRequest) -> Answer<JoinResponse> {
        let request = Signed::by(&self.key, request);
        let answer = exchange(server, "POST /v1/join", "", &request.to_wire()).unwrap();
        match read::<Signed<JoinResponse>>(answer) {
            Answer::Fine(signed) => {
                assert!(signed.verify(&signed.message.server.sign_key));
                Answer::Fine(signed.message)
            }
            Answer::Problem(status, problem) => Answer::Problem(status, problem),
        }
    }

    pub fn join(&mut self, server: SocketAddr, code: &str) -> JoinResponse {
        let joined = self.try_join(server, code).fine();
        assert_eq!(joined.device, self.device());
        assert!(joined.head.verify(&joined.server.sign_key));
        self.station = joined.station.clone();
        self.person = joined.person.clone();
        self.nonce = joined.nonce;
        self.take_charter(&charter_from_wire(&joined.charter).unwrap());
        assert_eq!(
            Hash::of(&joined.catalogue),
            self.charter.now().unwrap().catalogue()
        );
        self.catalogue = Some(Hash::of(&joined.catalogue));
        joined
    }

    fn take_charter(&mut self, deltas: &[CharterDelta]) {
        for delta in deltas {
            self.charter.apply(delta).unwrap();
        }
    }

    fn pen<'a>(&'a self) -> Pen<'a> {
        Pen {
            station: &self.station,
            device: self.device(),
            g: 0,
            person: &self.person,
            at: self.now,
        }
    }

    fn act(&mut self, parts: Vec<Part>) -> Act {
        self.acts += 1;
        Act {
            n: self.acts,
            at: self.now,
            mono: 1,
            parts,
            again: None,
            on_behalf: None,
        }
    }

    /// An act that makes a case with a cause of `cause`.
    pub fn case(&mut self, cause: &str) -> (RecordId, Act) {
        let set = |field: &str, value| Edit::Set {
            spot: Spot::Field(field.to_owned()),
            value,
        };
        let edits = [
            set("source", Scalar::Str("patrol".to_owned())),
            set("cause", Scalar::Str(cause.to_owned())),
            set("offence_at", Scalar::Int(NOW)),
            set("place", Scalar::Str("东街".to_owned())),
        ];
        self.make("case", Some(cause), &edits)
    }

    /// An act that makes a record.
    pub fn make(
        &mut self,
        kind: &str,
        external_id: Option<&str>,
        edits: &[Edit],
    ) -> (RecordId, Act) {
        self.make_of(&Catalogue::embedded().kinds[kind], external_id, edits)
    }

    /// The same of a kind that the catalogue may not have.
    pub fn make_of(
        &mut self,
        kind: &Kind,
        external_id: Option<&str>,
        edits: &[Edit],
    ) -> (RecordId, Act) {
        self.records += 1;
        let record = RecordId::derive(&self.station, self.device(), self.records);
        let birth = Birth { kind, external_id };
        let change = write::create(record, birth, edits, &self.pen()).unwrap();
        let part = Part {
            record,
            g: 0,
            change,
            made: Some(self.records),
        };
        (record, self.act(vec![part]))
    }

    /// An act on a record whose changes are these.
    pub fn edit(&mut self, record: RecordId, changes: &[Vec<u8>], edits: &[Edit]) -> Act {
        let mut history = History::new(record);
        for bytes in changes {
            let origin = Origin {
                act: ActId {
                    device: self.device(),
                    n: 0,
                },
                person: self.person.clone(),
                at: 0,
                received_at: None,
                entry: None,
            };
            history
                .push(Decoded::admitted(bytes).unwrap(), bytes.clone(), origin)
                .unwrap();
        }
        let kind = kind_of(&history, Some(Catalogue::embedded()));
        let change = write::change(&history, kind, edits, &self.pen()).unwrap();
        self.act(vec![Part {
            record,
            g: 0,
            change,
            made: None,
        }])
    }

    pub fn draft(&self, needs: Vec<Need>) -> Draft {
        Draft {
            station: self.station.clone(),
            device: self.device(),
            seq: self.closed.len() as u64 + 1,
            prev: self.closed.last().map_or(Hash::ZERO, Envelope::hash),
            epoch: self.charter.newest().unwrap(),
            needs,
            beacon: None,
            made_at: self.now,
            mono: 2,
            sheet_root: Hash::ZERO,
        }
    }

    pub fn sign(&self, draft: Draft, acts: &[Act], statements: &[Statement]) -> Envelope {
        let unsigned = header::close(draft, acts, statements).unwrap();
        let sig = self.key.sign(&unsigned.sign_bytes());
        unsigned.signed(sig).unwrap()
    }

    pub fn close(&mut self, acts: &[Act]) -> Envelope {
        self.close_after(acts, Vec::new())
    }

    pub fn close_after(&mut self, acts: &[Act], needs: Vec<Need>) -> Envelope {
        let envelope = self.sign(self.draft(needs), acts, &[]);
        self.closed.push(envelope.clone());
        envelope
    }

    pub fn request(&self, envelopes: &[Envelope]) -> SyncRequest {
        SyncRequest {
            station: self.station.clone(),
            device: self.device(),
            epoch: self.charter.newest().unwrap_or_default(),
            seen: Some(sync_core::envelope::Seen {
                lineage: 0,
                index: self.range.size(),
                root: self.range.root(),
            }),
            nonce: self.nonce,
            clock: self.clock(),
            envelopes: envelopes
                .iter()
                .map(|envelope| WireEnvelope {
                    bytes: envelope.to_bytes(),
                    sheet: None,
                })
                .collect(),
            wait_ms: Some(10_000),
            limit: None,
            vector: None,
            catalogue: self.catalogue,
        }
    }

    pub fn ask(&self, server: SocketAddr, request: SyncRequest) -> Answer<SyncResponse> {
        self.try_ask(server, request).unwrap()
    }

    /// `None` when the server went away.
    pub fn try_ask(
        &self,
        server: SocketAddr,
        request: SyncRequest,
    ) -> Option<Answer<SyncResponse>> {
        let request = Signed::by(&self.key, request);
        exchange(server, "POST /v1/sync", "", &request.to_wire()).map(read)
    }

    /// Brings envelopes and takes in what the answer holds.
    pub fn sync(&mut self, server: SocketAddr, envelopes: &[Envelope]) -> SyncResponse {
        let answer = self.ask(server, self.request(envelopes)).fine();
        self.adopt(&answer);
        answer
    }

    /// Takes an answer in, checking its tree, its signatures and its bodies as a phone must.
    pub fn adopt(&mut self, answer: &SyncResponse) {
        self.take_charter(&charter_from_wire(&answer.charter).unwrap());
        let now = self.charter.now().unwrap();
        let server = now.server().unwrap().sign_key.clone();
        if let Some(bundle) = &answer.catalogue {
            assert_eq!(Hash::of(bundle), now.catalogue());
            self.catalogue = Some(Hash::of(bundle));
        }
        self.nonce = answer.nonce;
        if let Some(receipt) = &answer.receipt {
            assert!(receipt.verify(&server));
        }
        for wire in &answer.entries {
            let entry = wire.entry().unwrap();
            assert_eq!(entry.index, self.range.size());
            self.range.append(wire.leaf());
            self.entries.push(entry);
        }
        if let Some(head) = &answer.head {
            assert!(head.verify(&server));
            assert_eq!(head.message.index, self.range.size());
            assert_eq!(head.message.root, self.range.root());
        }
        for wire in &answer.envelopes {
            let envelope = Envelope::decode(&wire.bytes).unwrap();
            let known = self
                .entries
                .iter()
                .any(|entry| entry.envelope == envelope.hash());
            assert!(known, "a body without its entry");
            assert_ne!(envelope.body.device, self.device());
            self.bodies.push(envelope);
        }
    }

    /// Syncs until nothing more comes.
    pub fn catch_up(&mut self, server: SocketAddr) {
        while self.sync(server, &[]).more {}
    }

    /// What the entry of one of its envelopes says.
    #[track_caller]
    pub fn outcome(&self, envelope: &Envelope) -> &Entry {
        let mut entries = self.entries.iter();
        entries
            .find(|entry| entry.envelope == envelope.hash())
            .unwrap()
    }

    /// The statements of the server that it has read.
    pub fn statements(&self) -> Vec<Statement> {
        let frames = self.bodies.iter().map(|body| body.open().unwrap());
        frames.flat_map(|frame| frame.statements).collect()
    }

    pub fn record(&self, server: SocketAddr, record: RecordId) -> Answer<RecordResponse> {
        let request = RecordRequest {
            station: self.station.clone(),
            device: self.device(),
            record,
            nonce: self.nonce,
        };
        let request = Signed::by(&self.key, request).to_wire();
        let request = data_encoding::BASE64URL_NOPAD.encode(&request);
        let line = format!("GET /v1/stations/{}/records/{record}", self.station);
        let header = format!("Wardbook-Request: {request}\r\n");
        read(exchange(server, &line, &header, &[]).unwrap())
    }
}
