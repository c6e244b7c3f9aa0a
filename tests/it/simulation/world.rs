//! Owns one simulated world from its seed to its end: lives of the daemon that end by themselves,
//! by a word or without one, under a weather that clears in the end. It refuses to judge.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use phobien::config::{Security, Smtp, Transport};
use phobien::courier::{Courier, Dialling, Network, Raw};
use phobien::deliver::{self, Clock, Rules, Steering, Until, Way};
use phobien::delivery::{RetryPolicy, State};
use phobien::edition::EditionState;
use phobien::ledger::DeliveryLock;
use tokio::time::sleep;

use super::dice;
use super::machine::{Journal, Machine};
use super::memory::{Memory, Row};
use super::network::stream;
use super::office::Office;
use super::weather::{Sky, Weather};
use crate::peer::{Record, serve};

/// After fair weather has come, everything must be at its end within this.
const PATIENCE: Duration = Duration::from_secs(30 * 86_400);

/// A world, and after [`World::run`] what became of it.
pub(crate) struct World {
    pub(crate) memory: Memory,
    pub(crate) weather: Weather,
    pub(crate) journal: Journal,
    pub(crate) office: Office,
    pub(crate) record: Arc<Mutex<Record>>,
    pub(crate) rules: Rules,
    smtp: Smtp,
    pub(crate) lives: u64,
    pub(crate) crashes: u64,
    /// What its machines did.
    pub(crate) acts: u64,
    pub(crate) age: Duration,
}

impl World {
    /// Lives through the world of a seed.
    pub(crate) fn run(seed: u64) -> Self {
        Self::lived(seed, async |world, lock| world.live(lock).await)
    }

    /// An hour of a daemon at a rate, in fair weather, that has nothing to do.
    pub(crate) fn idle(rate_per_minute: u32) -> Self {
        Self::lived(1, async |world, lock| {
            world.weather = Weather::drawn(Duration::ZERO);
            world.rules.rate_per_minute = Some(rate_per_minute);
            let hour = Duration::from_secs(3600);
            world.life(lock, u64::MAX, Until::Stopped, hour).await;
        })
    }

    fn lived(seed: u64, life: impl AsyncFnOnce(&mut Self, &DeliveryLock)) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let home = tempfile::tempdir().unwrap();
        let lock = DeliveryLock::take(home.path(), "simulation").unwrap();
        runtime.block_on(async {
            dice::begin(seed);
            let mut world = Self::drawn();
            life(&mut world, &lock.unwrap()).await;
            world.age = dice::age();
            let rows = format!("{:?}", world.memory.look().rows);
            world.journal.note(&rows);
            let taken = format!("{:?}", world.record.lock().unwrap().taken);
            world.journal.note(&taken);
            world
        })
    }

    fn drawn() -> Self {
        let (memory, journal) = (Memory::default(), Journal::default());
        let weather = Weather::drawn(dice::millis(3_600_000..=2 * 86_400_000));
        let connections = dice::pick(1..=5) as usize;
        let mut retry_after = [5, 10, 20, 40, 60].map(|m| Duration::from_secs(60 * m));
        if dice::happens(300) {
            retry_after = [1, 1, 2, 2, 5].map(|m| Duration::from_secs(60 * m));
        }
        let rules = Rules {
            connections,
            in_doubt_max: dice::pick(connections as u64..=4 * connections as u64) as usize,
            rate_per_minute: dice::happens(300).then(|| dice::pick(20..=600) as u32),
            retry: RetryPolicy {
                retry_after: retry_after.to_vec(),
                give_up_after: Duration::from_secs(48 * 3600),
                hold_unknown: dice::happens(200),
                unknown_after: Duration::from_secs(900),
            },
        };
        let smtp = Smtp {
            transport: Transport::Smtp {
                host: "mail.example".into(),
                port: 25,
                security: Security::Plain,
            },
            username: None,
            password_file: None,
            ca_file: None,
            connections,
            rate_per_minute: None,
            timeout: dice::millis(10_000..=60_000),
            final_timeout: dice::millis(30_000..=600_000),
        };
        Self {
            office: Office::new(memory.clone(), dice::pick(3..=30)),
            memory,
            weather,
            journal,
            record: Arc::default(),
            rules,
            smtp,
            lives: 0,
            crashes: 0,
            acts: 0,
            age: Duration::ZERO,
        }
    }

    async fn live(&mut self, lock: &DeliveryLock) {
        let fair = self.weather.fair_from();
        let office = tokio::spawn(self.office.clone().work(fair));
        while dice::age() < fair {
            let power = match dice::happens(700) {
                true => dice::pick(1..=2_000),
                false => u64::MAX,
            };
            let most = match dice::happens(500) {
                true => dice::millis(1..=4 * 3_600_000),
                false => fair,
            };
            let until = match dice::pick(0..=2) {
                0 => Until::Idle,
                1 => Until::Done,
                _ => Until::Stopped,
            };
            let left = fair.saturating_sub(dice::age());
            if power == u64::MAX && until == Until::Stopped && 3 * left < fair {
                self.outlive(lock, left).await;
                break;
            }
            self.life(lock, power, until, most.min(left)).await;
            sleep(dice::millis(100..=1_800_000)).await;
        }
        office.await.unwrap();
        // Fair weather, and somebody who looks after the rest. What a refusal of before is owed
        // again is published, and the world ends when nothing is left to do.
        let patience = fair + PATIENCE;
        loop {
            self.office.resume();
            let untold = !self.office.untold().is_empty();
            self.office.publish_what_is_due();
            if untold {
                self.office.publish("last", dice::now(), false);
            }
            self.life(lock, u64::MAX, Until::Done, PATIENCE).await;
            let paused = self.memory.look().attention.keys().any(|k| k.0 == "paused");
            if !untold && !paused && self.office.untold().is_empty() {
                return;
            }
            if dice::age() > patience {
                return self.journal.blame("no end in fair weather".into());
            }
            sleep(Duration::from_secs(3600)).await;
        }
    }

    /// A life that begins in bad weather and sees hours of fair: it must find its way by itself.
    async fn outlive(&mut self, lock: &DeliveryLock, left: Duration) {
        let (begun, most) = (dice::age(), left + Duration::from_secs(6 * 3_600));
        self.life(lock, u64::MAX, Until::Stopped, most).await;
        if dice::age() < begun + most {
            // A disk that stayed full ended it.
            return;
        }
        let books = self.memory.look();
        let open = |row: &&Row| books.editions[&row.edition].state == EditionState::Open;
        let waits = |row: &&Row| matches!(row.progress.state, State::Pending | State::Deferred);
        let waiting = books.rows.values().filter(open).filter(waits).count();
        if waiting > 0 {
            self.journal
                .blame(format!("{waiting} wait after hours of fair weather"));
        }
    }

    /// One life of the daemon: until it ends by itself, is told to after `most`, or has no power
    /// for one more act.
    async fn life(&mut self, lock: &DeliveryLock, power: u64, until: Until, most: Duration) {
        self.lives += 1;
        let parts = (
            self.memory.clone(),
            self.weather.clone(),
            self.journal.clone(),
        );
        let record = Arc::clone(&self.record);
        let machine = Machine::new(parts, record, self.rules.in_doubt_max, power);
        let network = self.network(machine.clone());
        let way = Way {
            courier: Courier::over(network, &self.smtp, None, "phobien.example").unwrap(),
            signer: None,
        };
        let steering = Steering::until(until);
        let time: (Clock, fn() -> f64) = (dice::now, dice::chance);
        let life = deliver::deliver(&machine, &way, &self.rules, &steering, time, lock, |_| {});
        let told = async {
            sleep(most).await;
            steering.stop.cancel();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = machine.outage() => {
                self.crashes += 1;
                self.journal.note(&"crash");
            }
            ended = life => self.journal.note(&format!("{ended:?}")),
            () = told => {}
        }
        self.acts += machine.done();
    }

    /// How the machine reaches the server of this world.
    fn network(&self, machine: Machine) -> Network {
        let (weather, record) = (self.weather.clone(), Arc::clone(&self.record));
        let dial = move || -> Dialling {
            let (machine, weather) = (machine.clone(), weather.clone());
            let record = Arc::clone(&record);
            Box::pin(async move {
                sleep(dice::millis(0..=20)).await;
                if !machine.acts() {
                    std::future::pending::<()>().await;
                }
                if weather.sky() == Sky::Away {
                    return Err(std::io::ErrorKind::ConnectionRefused.into());
                }
                let (ours, theirs) = stream(machine, dice::millis(0..=80));
                let number = {
                    let mut record = record.lock().unwrap();
                    record.connections += 1;
                    record.connections
                };
                let script = Arc::new(weather.script());
                tokio::spawn(serve(Box::new(theirs), number, script, record));
                Ok(Box::new(ours) as Raw)
            })
        };
        Network::Given(Arc::new(dial))
    }
}
