//! Owns the kinds of messages that come back for a letter. It refuses to know how one is told from
//! another and what follows from it.

use crate::spelling::words;

words! {
    /// What a message in the office's mailbox says.
    Class {
        /// The letter came back for good: there is no such address.
        Hard = "hard",
        /// The letter came back, and the address is not to blame: full, refused as spam, too big.
        Soft = "soft",
        /// The letter is on its way still.
        Delayed = "delayed",
        /// The letter arrived.
        Delivered = "delivered",
        /// Somebody called the letter spam (RFC 5965).
        Complaint = "complaint",
        /// A program answered (RFC 3834): out of office, received.
        AutoReply = "auto_reply",
        /// The letter was opened, or thrown away unread (RFC 8098).
        ReadReceipt = "read_receipt",
        /// The reader says to have studied what the letter carried.
        Confirmation = "confirmation",
        /// A person answered something else: for people.
        Reply = "reply",
        /// It is not about a letter of ours.
        Foreign = "foreign",
        /// It is no message, or too deep to be read.
        Unparseable = "unparseable",
    }
}
