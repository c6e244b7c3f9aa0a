//! Owns branches and members on record, and the reading of a roster into them: who is new, who
//! moved, who left. It refuses to know roster files.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::{QueryBuilder, Row, Sqlite};

use super::{Ledger, Result, Tx, all, ms};
use crate::organisation::{Branch, Member, Officer};
use crate::spelling;

/// Members written in one statement.
const BATCH: usize = 500;

/// A roster being read into the ledger, inside one transaction.
#[derive(Debug)]
pub struct Reading {
    number: i64,
    now: DateTime<Utc>,
    entropy: fn() -> [u8; 16],
    /// Branch ids by folded code and folded name.
    branches: HashMap<String, i64>,
    batch: Vec<(Member, i64)>,
    /// Members on record when the reading began.
    before: u64,
    /// Members of this reading so far.
    pub members: u64,
}

/// What a finished reading would change, for the roster guard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberChange {
    /// Members on record before.
    pub before: u64,
    /// Of those, how many the new roster does not hold.
    pub lost: u64,
    /// New members, or returned ones.
    pub gained: u64,
    /// Names of branches that had members and would have none.
    pub lost_branches: Vec<String>,
}

impl Reading {
    /// Starts a reading.
    ///
    /// # Errors
    /// The database failed.
    pub async fn start(tx: &mut Tx, now: DateTime<Utc>, entropy: fn() -> [u8; 16]) -> Result<Self> {
        let number: i64 = sqlx::query("SELECT COALESCE(MAX(reading), 0) + 1 FROM members")
            .fetch_one(&mut **tx)
            .await?
            .try_get(0)?;
        let mut branches = HashMap::new();
        for row in sqlx::query("SELECT id, code, name_key FROM branches")
            .fetch_all(&mut **tx)
            .await?
        {
            let id: i64 = row.try_get(0)?;
            branches.insert(spelling::fold(row.try_get::<&str, _>(1)?), id);
            branches.insert(row.try_get::<String, _>(2)?, id);
        }
        let before = active(tx).await?;
        Ok(Self {
            number,
            now,
            entropy,
            branches,
            batch: Vec::new(),
            before,
            members: 0,
        })
    }

    /// Takes a branch; one without a code gets CB1, CB2, … in order of first appearance, for good.
    ///
    /// # Errors
    /// The database failed.
    pub async fn branch(&mut self, tx: &mut Tx, branch: &Branch) -> Result<i64> {
        let name_key = spelling::fold(&branch.name);
        let code_key = branch.code.as_ref().map(|c| spelling::fold(&c.0));
        let known = code_key
            .as_ref()
            .and_then(|c| self.branches.get(c))
            .copied();
        let known = known.or_else(|| self.branches.get(&name_key).copied());
        let mailbox = branch.mailbox.as_ref().map(|a| a.as_str().to_owned());
        let id = if let Some(id) = known {
            sqlx::query(
                "UPDATE branches SET name = $2, name_key = $3, mailbox = $4, reading = $5,
                 left_at = NULL, code = COALESCE($6, code) WHERE id = $1",
            )
            .bind(id)
            .bind(&branch.name)
            .bind(&name_key)
            .bind(mailbox)
            .bind(self.number)
            .bind(branch.code.as_ref().map(|c| c.0.clone()))
            .execute(&mut **tx)
            .await?;
            id
        } else {
            let code = match &branch.code {
                Some(code) => code.0.clone(),
                None => self.free_code(),
            };
            let row = sqlx::query(
                "INSERT INTO branches (code, name, name_key, mailbox, first_seen_at, reading)
                 VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
            )
            .bind(&code)
            .bind(&branch.name)
            .bind(&name_key)
            .bind(mailbox)
            .bind(ms(self.now))
            .bind(self.number)
            .fetch_one(&mut **tx)
            .await?;
            let id = row.try_get(0)?;
            self.branches.insert(spelling::fold(&code), id);
            id
        };
        // Members may name their branch by either.
        self.branches.insert(name_key, id);
        self.branches.extend(code_key.map(|code| (code, id)));
        Ok(id)
    }

    fn free_code(&self) -> String {
        let taken = |n: &usize| {
            self.branches
                .contains_key(&spelling::fold(&format!("CB{n}")))
        };
        let free = (1..=self.branches.len() + 1)
            .find(|n| !taken(n))
            .unwrap_or(1);
        format!("CB{free}")
    }

    /// Takes a member; its branch is found by code or name, or made.
    ///
    /// # Errors
    /// The database failed.
    pub async fn member(&mut self, tx: &mut Tx, member: Member) -> Result<()> {
        let branch_id = match self.branches.get(&spelling::fold(&member.branch)) {
            Some(id) => *id,
            None => {
                let branch = Branch {
                    code: None,
                    name: member.branch.clone(),
                    mailbox: None,
                };
                self.branch(tx, &branch).await?
            }
        };
        self.members += 1;
        self.batch.push((member, branch_id));
        if self.batch.len() >= BATCH {
            self.flush(tx).await
        } else {
            Ok(())
        }
    }

    async fn flush(&mut self, tx: &mut Tx) -> Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let mut sql = QueryBuilder::<Sqlite>::new(
            "INSERT INTO members (key, code, name, address, branch_id, post, officer, official,
             language, paused, fault, pseudonym, first_seen_at, reading) ",
        );
        let (number, now, entropy) = (self.number, ms(self.now), self.entropy);
        sql.push_values(self.batch.drain(..), |mut row, (member, branch_id)| {
            let officer = Officer::of_post(&member.post).map(Officer::word);
            row.push_bind(member.key())
                .push_bind(member.code)
                .push_bind(member.name)
                .push_bind(member.address.map(|a| a.as_str().to_owned()))
                .push_bind(branch_id)
                .push_bind(member.post)
                .push_bind(officer)
                .push_bind(i64::from(member.official))
                .push_bind(member.language.map(|l| l.word()))
                .push_bind(i64::from(member.paused))
                .push_bind(member.fault)
                .push_bind(data_encoding::HEXLOWER.encode(&entropy()))
                .push_bind(now)
                .push_bind(number);
        });
        // first_seen_at and the pseudonym survive; so does a pause that the office set here.
        sql.push(
            " ON CONFLICT (key) DO UPDATE SET code = excluded.code, name = excluded.name,
             address = excluded.address, branch_id = excluded.branch_id, post = excluded.post,
             officer = excluded.officer, official = excluded.official,
             language = excluded.language, paused = (members.paused & 2) + excluded.paused,
             fault = excluded.fault,
             left_at = NULL, reading = excluded.reading",
        );
        sql.build().execute(&mut **tx).await?;
        Ok(())
    }

    /// What finishing now would change.
    ///
    /// # Errors
    /// The database failed.
    pub async fn change(&mut self, tx: &mut Tx) -> Result<MemberChange> {
        self.flush(tx).await?;
        let lost: i64 =
            sqlx::query("SELECT COUNT(*) FROM members WHERE left_at IS NULL AND reading < $1")
                .bind(self.number)
                .fetch_one(&mut **tx)
                .await?
                .try_get(0)?;
        let gained = active(tx).await? - self.before;
        let lost_branches = sqlx::query(
            "SELECT b.name FROM branches b JOIN members m ON m.branch_id = b.id
             WHERE m.left_at IS NULL AND b.left_at IS NULL
             GROUP BY b.id, b.name HAVING MAX(m.reading) < $1",
        )
        .bind(self.number)
        .fetch_all(&mut **tx)
        .await?;
        let lost_branches = all(&lost_branches, |row| row.try_get(0))?;
        Ok(MemberChange {
            before: self.before,
            lost: lost.cast_unsigned(),
            gained,
            lost_branches,
        })
    }

    /// Marks who is not in this reading as left. Branches stay while they have members or stand in
    /// the roster themselves.
    ///
    /// # Errors
    /// The database failed.
    pub async fn finish(mut self, tx: &mut Tx) -> Result<u64> {
        self.flush(tx).await?;
        sqlx::query("UPDATE members SET left_at = $2 WHERE left_at IS NULL AND reading < $1")
            .bind(self.number)
            .bind(ms(self.now))
            .execute(&mut **tx)
            .await?;
        sqlx::query(
            "UPDATE branches SET left_at = CASE
                WHEN reading = $1 OR EXISTS (SELECT 1 FROM members m
                     WHERE m.branch_id = branches.id AND m.left_at IS NULL) THEN NULL
                ELSE COALESCE(left_at, $2) END",
        )
        .bind(self.number)
        .bind(ms(self.now))
        .execute(&mut **tx)
        .await?;
        Ok(self.members)
    }
}

/// How many members are on record and did not leave.
async fn active(tx: &mut Tx) -> Result<u64> {
    let row = sqlx::query("SELECT COUNT(*) FROM members WHERE left_at IS NULL");
    Ok(row
        .fetch_one(&mut **tx)
        .await?
        .try_get::<i64, _>(0)?
        .cast_unsigned())
}

impl Ledger {
    /// The code of the branch that a folder name or an audience means, by code or name.
    ///
    /// # Errors
    /// The database failed.
    pub async fn branch_code(&self, text: &str) -> Result<Option<String>> {
        let key = spelling::fold(text);
        let rows = sqlx::query("SELECT code, name_key FROM branches WHERE left_at IS NULL")
            .fetch_all(&self.readers)
            .await?;
        for row in &rows {
            let (code, name): (String, &str) = (row.try_get(0)?, row.try_get(1)?);
            if spelling::fold(&code) == key || name == key {
                return Ok(Some(code));
            }
        }
        Ok(None)
    }

    /// True where a member or a branch has, or had, this code.
    ///
    /// # Errors
    /// The database failed.
    pub async fn has_code(&self, code: &str) -> Result<bool> {
        let row = sqlx::query(
            "SELECT 1 FROM members WHERE code = $1
             UNION ALL SELECT 1 FROM branches WHERE code = $1 LIMIT 1",
        )
        .bind(code)
        .fetch_optional(&self.readers)
        .await?;
        Ok(row.is_some())
    }

    /// True where a roster was ever read.
    ///
    /// # Errors
    /// The database failed.
    pub async fn has_members(&self) -> Result<bool> {
        let row = sqlx::query("SELECT 1 FROM members LIMIT 1")
            .fetch_optional(&self.readers)
            .await?;
        Ok(row.is_some())
    }

    /// How many members the roster on record holds.
    ///
    /// # Errors
    /// The database failed.
    pub async fn count_members(&self) -> Result<u64> {
        let row = sqlx::query("SELECT COUNT(*) FROM members WHERE left_at IS NULL")
            .fetch_one(&self.readers)
            .await?;
        Ok(row.try_get::<i64, _>(0)?.cast_unsigned())
    }
}
