//! Requests at a rate, as fast as they come, or many at once; and what became of them.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use zapiki_core::ids::{BatchId, ProofId};
use zapiki_core::state::ProofState;

use super::super::harness::Samples;
use super::super::service::{Service, answer, read, send};
use super::worker::OwnWorker;
use crate::sample::Sample;

/// How often the state of something is asked for.
const LOOK: Duration = Duration::from_millis(200);
/// The same of a batch, which counts its items each time.
const LOOK_AT_BATCH: Duration = Duration::from_secs(1);

/// Who asks, and for what.
pub(super) struct Traffic {
    pub(super) service: Service,
    single: RequestBuilder,
    async_single: RequestBuilder,
    sample: Sample,
}

/// What was answered.
#[derive(Default)]
pub(super) struct Answers {
    /// How long those took that were answered with a proof or a promise.
    pub(super) times: Samples,
    /// With a proof.
    pub(super) made: usize,
    /// With a promise.
    pub(super) accepted: Vec<ProofId>,
    /// With a proof: which.
    pub(super) proofs: Vec<ProofId>,
    /// With 429 or 503, and when to come back.
    pub(super) refused: usize,
    /// Not at all, or with what no caller can act on.
    pub(super) lost: usize,
    /// Batches that were accepted.
    pub(super) batches: Vec<BatchId>,
    took: Duration,
}

impl Answers {
    pub(super) fn add(&mut self, mut other: Self) {
        self.made += other.made;
        self.refused += other.refused;
        self.lost += other.lost;
        self.accepted.append(&mut other.accepted);
        self.proofs.append(&mut other.proofs);
        self.batches.append(&mut other.batches);
    }

    /// Proofs made in a second.
    pub(super) fn per_second(&self) -> f64 {
        self.made as f64 / self.took.as_secs_f64()
    }

    fn count(&mut self, answered: Answered, time: Duration) {
        match answered {
            Answered::Made(id) => {
                self.made += 1;
                self.proofs.push(id);
                self.times.push(time);
            }
            Answered::Accepted(id) => {
                self.accepted.push(id);
                self.times.push(time);
            }
            Answered::Refused => self.refused += 1,
            Answered::Lost => self.lost += 1,
        }
    }
}

enum Answered {
    Made(ProofId),
    Accepted(ProofId),
    Refused,
    Lost,
}

/// How many proofs wait or are being made.
#[derive(Default)]
pub(super) struct Depth {
    batch: AtomicU32,
    singles: AtomicUsize,
}

impl Depth {
    pub(super) fn batch(&self, running: u32) {
        self.batch.store(running, Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> usize {
        self.batch.load(Ordering::Relaxed) as usize + self.singles.load(Ordering::Relaxed)
    }
}

/// What became of all that was accepted.
pub(super) struct Ended {
    pub(super) accepted: usize,
    pub(super) completed: usize,
}

// What is read of the service's answers. They have more fields.

#[derive(Deserialize)]
struct ProofView {
    id: ProofId,
    state: ProofState,
    accepted_at: DateTime<Utc>,
    settled_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct ProofPage {
    proofs: Vec<ProofView>,
}

#[derive(Deserialize)]
struct AcceptedBatch {
    id: BatchId,
    accepted: u32,
}

#[derive(Deserialize)]
pub(super) struct BatchView {
    running: u32,
    items: u32,
    pub(super) completed: u32,
    accepted_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl BatchView {
    pub(super) fn took(&self) -> Result<Duration> {
        let finished_at = self.finished_at.context("the batch is not finished")?;
        Ok((finished_at - self.accepted_at).to_std()?)
    }
}

impl Traffic {
    pub(super) fn new(service: Service, sample: &Sample) -> Result<Self> {
        Ok(Self {
            single: service.proof_request(sample)?,
            async_single: service.async_proof_request(sample)?,
            sample: sample.clone(),
            service,
        })
    }

    async fn ask(&self, request: &RequestBuilder) -> Result<(Answered, Duration)> {
        let request = request.try_clone().context("the request is no constant")?;
        let started = Instant::now();
        let answered = match answer(request).await {
            Ok((StatusCode::OK, body)) => Answered::Made(read::<ProofView>(&body)?.id),
            Ok((StatusCode::ACCEPTED, body)) => Answered::Accepted(read::<ProofView>(&body)?.id),
            Ok((StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, _)) => {
                Answered::Refused
            }
            Ok(_) | Err(_) => Answered::Lost,
        };
        Ok((answered, started.elapsed()))
    }

    /// So many callers, each of whom asks again once it is answered.
    pub(super) async fn as_fast_as_they_come(
        &self,
        callers: usize,
        hold: Duration,
    ) -> Result<Answers> {
        let started = Instant::now();
        let calling = (0..callers).map(|_| async {
            let mut answers = Answers::default();
            while started.elapsed() < hold {
                let (answered, time) = self.ask(&self.single).await?;
                answers.count(answered, time);
            }
            anyhow::Ok(answers)
        });
        let mut all = Answers::default();
        for answers in futures::future::try_join_all(calling).await? {
            all.add(answers);
        }
        all.took = started.elapsed();
        Ok(all)
    }

    /// So many proofs, asked for by so many callers; one that is refused is asked for again.
    pub(super) async fn so_many(
        &self,
        callers: usize,
        proofs: usize,
        depth: &Depth,
        ended: impl Fn(),
    ) -> Result<Answers> {
        let left = AtomicUsize::new(proofs);
        let take = || {
            let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            });
            taken.is_ok()
        };
        let calling = (0..callers).map(|_| async {
            let mut answers = Answers::default();
            while take() {
                depth.singles.fetch_add(1, Ordering::Relaxed);
                loop {
                    let (answered, time) = self.ask(&self.single).await?;
                    let is_refused = matches!(answered, Answered::Refused);
                    answers.count(answered, time);
                    if !is_refused {
                        break;
                    }
                    tokio::time::sleep(LOOK).await;
                }
                depth.singles.fetch_sub(1, Ordering::Relaxed);
                ended();
            }
            anyhow::Ok(answers)
        });
        let mut all = Answers::default();
        for answers in futures::future::try_join_all(calling).await? {
            all.add(answers);
        }
        Ok(all)
    }

    /// So many requests a second, whether earlier ones are answered or not.
    pub(super) async fn at_rate(&self, per_second: f64, hold: Duration) -> Result<Answers> {
        let requests = (per_second * hold.as_secs_f64()).round().max(1.0) as usize;
        let started = Instant::now();
        let asking = (0..requests).map(|number| async move {
            let at = Duration::from_secs_f64(number as f64 / per_second);
            tokio::time::sleep_until((started + at).into()).await;
            self.ask(&self.single).await
        });
        let mut answers = Answers::default();
        for (answered, time) in futures::future::try_join_all(asking).await? {
            answers.count(answered, time);
        }
        answers.took = started.elapsed();
        Ok(answers)
    }

    /// So many proofs that nobody waits for.
    pub(super) async fn accepted_at_once(&self, proofs: usize) -> Result<Vec<ProofId>> {
        let asking = (0..proofs).map(|_| self.ask(&self.async_single));
        let answers = futures::future::try_join_all(asking).await?;
        answers
            .into_iter()
            .map(|(answered, _)| match answered {
                Answered::Accepted(id) | Answered::Made(id) => Ok(id),
                Answered::Refused | Answered::Lost => bail!("a proof was not accepted"),
            })
            .collect()
    }

    /// A batch that is accepted whole.
    pub(super) async fn batch(&self, items: u32) -> Result<BatchId> {
        let request = self.service.batch_request(&self.sample, items)?;
        let batch: AcceptedBatch = read(&send(request, StatusCode::ACCEPTED).await?)?;
        if batch.accepted != items {
            bail!("{} of {items} items were accepted", batch.accepted);
        }
        Ok(batch.id)
    }

    /// Waits until a batch is through, and tells how many of its items are on their way.
    pub(super) async fn batch_done(
        &self,
        batch: &BatchId,
        longest: Duration,
        running: impl Fn(u32),
    ) -> Result<BatchView> {
        let started = Instant::now();
        loop {
            // A service that is busy for once is asked again.
            if let Ok(view) = self.batch_view(batch).await {
                running(view.running);
                if view.running == 0 {
                    return Ok(view);
                }
            }
            if started.elapsed() > longest {
                bail!(
                    "the batch {batch} is not through after {} s",
                    longest.as_secs()
                );
            }
            tokio::time::sleep(LOOK_AT_BATCH).await;
        }
    }

    async fn batch_view(&self, batch: &BatchId) -> Result<BatchView> {
        self.service.get(&format!("/v1/batches/{batch}")).await
    }

    async fn proof(&self, id: &ProofId) -> Result<ProofView> {
        self.service.get(&format!("/v1/proofs/{id}")).await
    }

    /// Waits until each of these proofs has its outcome; how many are completed.
    pub(super) async fn drained(&self, proofs: &[ProofId], longest: Duration) -> Result<usize> {
        let started = Instant::now();
        let mut completed = 0;
        for id in proofs {
            loop {
                let state = self.proof(id).await.map(|proof| proof.state);
                match state {
                    Ok(ProofState::Completed) => {
                        completed += 1;
                        break;
                    }
                    Ok(state) if state != ProofState::Accepted => break,
                    Ok(_) | Err(_) => {}
                }
                if started.elapsed() > longest {
                    bail!("{id} has no outcome after {} s", longest.as_secs());
                }
                tokio::time::sleep(LOOK).await;
            }
        }
        Ok(completed)
    }

    /// The time from the acceptance of the first of these proofs to the outcome of the last.
    pub(super) async fn took(&self, proofs: &[ProofId]) -> Result<Duration> {
        let (mut first, mut last) = (None, None);
        for id in proofs {
            let proof = self.proof(id).await?;
            first = Some(first.map_or(proof.accepted_at, |first| proof.accepted_at.min(first)));
            last = last.max(proof.settled_at);
        }
        let (first, last) = first.zip(last).context("a proof has no outcome")?;
        Ok((last - first).to_std()?)
    }

    /// Kills the worker while these proofs wait, starts it again at once, and tells how many milliseconds passed until the first of
    /// them was completed.
    pub(super) async fn recovery(
        &self,
        mut worker: OwnWorker,
        waiting: &[ProofId],
    ) -> Result<(OwnWorker, f64)> {
        let waiting: HashSet<_> = waiting.iter().collect();
        let killed_at = Utc::now();
        worker.kill_and_restart().await?;
        loop {
            let page: ProofPage = self.service.get("/v1/proofs?limit=100").await?;
            let first = page
                .proofs
                .iter()
                .filter(|proof| waiting.contains(&proof.id) && proof.state == ProofState::Completed)
                .filter_map(|proof| proof.settled_at)
                .filter(|settled_at| *settled_at > killed_at)
                .min();
            if let Some(first) = first {
                let took = (first - killed_at).to_std()?;
                return Ok((worker, took.as_secs_f64() * 1e3));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What became of all that was accepted, once all of it has ended.
    pub(super) async fn ended(&self, all: &Answers, longest: Duration) -> Result<Ended> {
        let mut ended = Ended {
            accepted: all.made + all.accepted.len(),
            completed: all.made + self.drained(&all.accepted, longest).await?,
        };
        for batch in &all.batches {
            let view = self.batch_done(batch, longest, |_| {}).await?;
            ended.accepted += view.items as usize;
            ended.completed += view.completed as usize;
        }
        Ok(ended)
    }
}
