//! Owns the letters' shared parts in memory: a bundle's sheet is read once, an attachment encoded
//! once, and both serve every recipient. It refuses to hold more than a bounded number of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::courier;
use crate::delivery::FrozenEnvelope;
use crate::document::Sha256;
use crate::ledger::deliveries::Claim;
use crate::ledger::outbox::Outbox;
use crate::letter::{self, Personal, Piece, Sheet, Signer};
use crate::organisation::Address;

/// Sheets kept ready; editions under way at once are few.
const SHEETS_MAX: usize = 16;
/// Bytes of encoded attachments kept ready; beyond it all are encoded again when needed. Without
/// TLS the system holds them once more.
const ENCODED_MAX: usize = 64 * 1024 * 1024;
/// Attachments kept ready of which the system may hold a copy: each takes a file descriptor.
const HELD_MAX: usize = 64;

/// The shared parts, for all workers.
#[derive(Debug)]
pub(super) struct Sheets<L> {
    ledger: L,
    signer: Option<Arc<Signer>>,
    kept: Mutex<Kept>,
    /// Held by who reads and encodes what is missing, so that it is done once. Whoever finds all
    /// there passes by: a lock that is handed from task to task would let each wait for the turn
    /// of the next, while others sign.
    making: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Kept {
    sheets: HashMap<i64, Arc<Ready>>,
    attachments: HashMap<Sha256, courier::Piece>,
    bytes: usize,
}

/// A sheet and the frozen envelope of its edition.
#[derive(Debug)]
struct Ready {
    sheet: Sheet,
    /// What every letter of it has in common, checked once, by its place.
    fixed: Vec<Option<courier::Piece>>,
    envelope: FrozenEnvelope,
    /// The reverse-path, where all have the same.
    reverse_path: Option<Address>,
}

/// A sheet, and the attachments of its letters.
type Shared = (Arc<Ready>, Vec<(Sha256, courier::Piece)>);

impl<L: Outbox> Sheets<L> {
    pub(super) fn new(ledger: L, signer: Option<Arc<Signer>>) -> Self {
        Self {
            ledger,
            signer,
            kept: Mutex::default(),
            making: tokio::sync::Mutex::default(),
        }
    }

    /// Gives back the memory; what is needed again is read again.
    pub(super) fn forget(&self) {
        *self.kept() = Kept::default();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The envelope and letter of a claimed delivery.
    ///
    /// # Errors
    /// What is wrong with the ledger's bytes, in words; the delivery's edition must wait.
    pub(super) async fn letter(
        &self,
        claim: &Claim,
    ) -> Result<(courier::Envelope, courier::Letter), String> {
        let (ready, attachments) = self.shared(claim.bundle).await?;
        let personal: Personal =
            serde_json::from_str(&claim.personal).map_err(|e| format!("personal part: {e}"))?;
        let filled = ready.sheet.fill(&personal).map_err(|e| e.to_string())?;
        let mut pieces = Vec::with_capacity(filled.pieces.len());
        for (piece, fixed) in filled.pieces.into_iter().zip(&ready.fixed) {
            pieces.push(match (fixed, piece) {
                (Some(fixed), _) => fixed.clone(),
                (None, Piece::Bytes(bytes)) => {
                    courier::Piece::new(bytes.into_owned()).map_err(|e| e.to_string())?
                }
                (None, Piece::Attachment { sha256, .. }) => attachments
                    .iter()
                    .find(|(of, _)| *of == sha256)
                    .map(|(_, piece)| piece.clone())
                    .ok_or_else(|| format!("attachment {sha256} is not there"))?,
            });
        }
        let mut letter = courier::Letter::new(pieces).map_err(|e| e.to_string())?;
        let bytes: Vec<&[u8]> = letter.plain().collect();
        if let Some(header) = letter::sign(self.signer.as_deref(), &ready.envelope, &bytes)? {
            let header = courier::Piece::new(header.into_bytes()).map_err(|e| e.to_string())?;
            letter = letter.headed(header);
        }
        let to: Address = claim.address.parse().map_err(|e| format!("address: {e}"))?;
        let envelope = courier::Envelope {
            delivery: format!("m-{}", claim.delivery),
            from: match &ready.reverse_path {
                Some(same) => same.clone(),
                None => ready.envelope.reverse_path_of(&claim.token)?,
            },
            to,
            envelope_id: Some(claim.token.clone()),
        };
        Ok((envelope, letter))
    }

    /// What a letter of the bundle shares with others; making the letter then keeps nobody else
    /// waiting.
    async fn shared(&self, bundle: i64) -> Result<Shared, String> {
        if let Some(shared) = self.kept().shared(bundle) {
            return Ok(shared);
        }
        let _making = self.making.lock().await;
        let kept = self.kept().sheets.get(&bundle).cloned();
        let ready = match kept {
            Some(ready) => ready,
            None => self.read(bundle).await?,
        };
        let mut attachments = Vec::new();
        for (sha256, _) in ready.sheet.attachments() {
            attachments.push((sha256, self.attachment(sha256).await?));
        }
        Ok((ready, attachments))
    }

    async fn read(&self, bundle: i64) -> Result<Arc<Ready>, String> {
        let stored = self.ledger.sheet(bundle).await.map_err(|e| e.to_string())?;
        let sheet = Sheet::from_bytes(&stored.sheet).map_err(|e| e.to_string())?;
        let fixed = sheet
            .fixed()
            .map(|bytes| bytes.map(courier::Piece::new).transpose())
            .collect::<Result<_, _>>()
            .map_err(|e| e.to_string())?;
        let envelope = FrozenEnvelope::from_json(&stored.envelope)?;
        let same = (!envelope.is_variable()).then(|| envelope.reverse_path_of(""));
        let ready = Arc::new(Ready {
            sheet,
            fixed,
            reverse_path: same.transpose()?,
            envelope,
        });
        let mut kept = self.kept();
        if kept.sheets.len() >= SHEETS_MAX {
            kept.sheets.clear();
        }
        kept.sheets.insert(bundle, Arc::clone(&ready));
        Ok(ready)
    }

    async fn attachment(&self, sha256: Sha256) -> Result<courier::Piece, String> {
        if let Some(piece) = self.kept().attachments.get(&sha256) {
            return Ok(piece.clone());
        }
        let bytes = self
            .ledger
            .attachment(sha256)
            .await
            .map_err(|e| e.to_string())?;
        let encoded = letter::encode_attachment(&bytes);
        let len = encoded.len();
        let piece = courier::Piece::new(encoded).map_err(|e| e.to_string())?;
        let mut kept = self.kept();
        if kept.bytes + len > ENCODED_MAX {
            kept.attachments.clear();
            kept.bytes = 0;
        }
        let piece = if kept.attachments.len() < HELD_MAX {
            piece.for_many()
        } else {
            piece
        };
        kept.bytes += len;
        kept.attachments.insert(sha256, piece.clone());
        Ok(piece)
    }
}

impl Kept {
    /// All that a letter of the bundle needs; none where any of it is missing.
    fn shared(&self, bundle: i64) -> Option<Shared> {
        let ready = self.sheets.get(&bundle)?;
        let one = |(sha256, _)| Some((sha256, self.attachments.get(&sha256)?.clone()));
        let attachments = ready.sheet.attachments().map(one).collect::<Option<_>>()?;
        Some((Arc::clone(ready), attachments))
    }
}
