//! The course of a run: everybody comes in, works, and leaves when all is seen; meanwhile the processor time of the
//! server is taken.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use protocol::Address;
use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::bare::{FanOut, How};
use crate::crowd;
use crate::person::{self, Lived, Part};
use crate::replica::{self, Replica};
use crate::report::Figures;
use crate::run::{Run, Target, Work};
use crate::tally;

/// How long everything but the work may take.
const AROUND: Duration = Duration::from_secs(120);

/// Who else there is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Crowd {
    /// Those who read slowly.
    pub slow: usize,
    /// Those who come at once.
    pub joining: usize,
    /// Those who lose their connections at once.
    pub returning: usize,
}

/// The figures of a run against servers.
pub async fn of_servers(
    addresses: Vec<Address>,
    work: Work,
    people: usize,
    crowd: Crowd,
    pid: Option<u32>,
) -> anyhow::Result<Map<String, Value>> {
    let keeps = work.edits();
    let run = Arc::new(Run::new(Target::Servers(addresses.clone()), work, people, 1 + usize::from(keeps)));
    let addresses: Arc<[Address]> = addresses.into();
    let (ends, over) = watch::channel(false);
    let (cuts, cut) = watch::channel(false);
    let mut slow = JoinSet::new();
    for index in 0..crowd.slow {
        slow.spawn(crowd::read_slowly(addresses[index % addresses.len()].clone(), over.clone()));
    }
    let ready = Arc::new(Semaphore::new(0));
    let returning =
        tokio::spawn(crowd::come_back_at_once(addresses.clone(), crowd.returning, ready.clone(), cut, over.clone()));
    let _ready = ready.acquire_many(crowd.returning as u32).await?;
    let mut all = start(&run, people, keeps);
    let joining = (addresses.clone(), crowd.joining, over);
    let middle = async move {
        tokio::time::sleep_until(tokio::time::Instant::now() + run_half(work)).await;
        // Nobody has to be there to lose a connection.
        let _ = cuts.send(true);
        let (addresses, people, over) = joining;
        crowd::come_at_once(addresses, people, over).await
    };
    let (lived, cpu_s, joined, drawing) = tokio::time::timeout(run.length() + AROUND, async {
        pass(&run, &mut all).await?;
        let cpu_before = pid.map(tally::cpu_seconds).transpose()?;
        let joining = tokio::spawn(middle);
        pass(&run, &mut all).await?;
        let cpu_s = pid.map(tally::cpu_seconds).transpose()?.zip(cpu_before).map(|(after, before)| after - before);
        let drawing = if keeps { Some(replica::probe(run.address(people)?).await?) } else { None };
        pass(&run, &mut all).await?;
        // Whoever waits for it is told; whoever has gone needn't be.
        let _ = ends.send(true);
        let lived = all_lived(all).await?;
        anyhow::Ok((lived, cpu_s, joining.await?, drawing))
    })
    .await
    .context("people did not finish in time")??;
    let figures = Figures::of(&run, &lived);
    let mut report = figures.to_json();
    report.insert("server_cpu_us_per_delivery".into(), json!(per_delivery(cpu_s, &figures)));
    report.insert("server_cpu_share".into(), json!(cpu_s.map(|s| s / run.length().as_secs_f64())));
    report.insert("server_rss_mib".into(), json!(pid.map(tally::rss_mib).transpose()?));
    if let (Some(drawing), Some((identity, kept))) = (drawing, lived.iter().find_map(|each| each.kept.as_ref())) {
        let Replica { head, drawing: replayed, frames } = replica::replay(identity, run.address(people)?, kept)?;
        let same_head = lived
            .iter()
            .filter(|each| run.together(each.index, people))
            .all(|each| each.head.is_none_or(|(seq, hash)| (seq, hash) == head));
        report.insert("replica_equal".into(), json!(same_head && replayed == drawing));
        report.insert("replica_frames".into(), json!(frames));
    }
    if crowd.joining > 0 {
        report.insert("joined_ms".into(), joined.waits.quantiles_ms());
        report.insert("joined_failed".into(), json!(joined.failed));
    }
    let returned = returning.await?;
    if crowd.returning > 0 {
        report.insert("returned_ms".into(), returned.waits.quantiles_ms());
        report.insert("returned_failed".into(), json!(returned.failed));
    }
    if crowd.slow > 0 {
        let mut ended = 0;
        while let Some(each) = slow.join_next().await {
            ended += u32::from(each??);
        }
        report.insert("slow_ended".into(), json!(ended));
    }
    Ok(report)
}

/// The figures of the same cursors over a bare fan-out.
pub async fn of_bare(how: How, work: Work, people: usize) -> anyhow::Result<Map<String, Value>> {
    let fan_out = FanOut::start(how)?;
    let run = Arc::new(Run::new(Target::Bare(fan_out.at), work, people, 1));
    let mut all = start(&run, people, false);
    let (lived, cpu_s) = tokio::time::timeout(run.length() + AROUND, async {
        pass(&run, &mut all).await?;
        let before = tally::cpu_seconds(fan_out.pid())?;
        pass(&run, &mut all).await?;
        let cpu_s = tally::cpu_seconds(fan_out.pid())? - before;
        pass(&run, &mut all).await?;
        anyhow::Ok((all_lived(all).await?, cpu_s))
    })
    .await
    .context("people did not finish in time")??;
    let figures = Figures::of(&run, &lived);
    let mut report = figures.to_json();
    report.retain(|key, _| ["delivered", "cursor_ms"].contains(&key.as_str()));
    report.insert("server_cpu_us_per_delivery".into(), json!(per_delivery(Some(cpu_s), &figures)));
    report.insert("server_cpu_share".into(), json!(cpu_s / run.length().as_secs_f64()));
    Ok(report)
}

/// So many connections that do nothing, and what one of them costs the server.
pub async fn of_idle(
    addresses: Vec<Address>,
    people: usize,
    secs: u32,
    pid: Option<u32>,
) -> anyhow::Result<Map<String, Value>> {
    let before = pid.map(tally::rss_mib).transpose()?;
    let here = Arc::new(Semaphore::new(0));
    let (ends, over) = watch::channel(false);
    let mut all = tokio::spawn(crowd::be_there(addresses.into(), people, here.clone(), over));
    tokio::select! {
        came = tokio::time::timeout(AROUND, here.acquire_many(people as u32)) => drop(came.context("not all came in in time")??),
        ended = &mut all => ended??,
    }
    // Long enough for whatever is only needed for coming in to be given back.
    let end = tokio::time::Instant::now() + Duration::from_secs(u64::from(secs));
    tokio::select! {
        () = tokio::time::sleep_until(end) => {}
        ended = &mut all => ended??,
    }
    let after = pid.map(tally::rss_mib).transpose()?;
    // Whoever waits for it is told.
    let _ = ends.send(true);
    all.await??;
    let each = after.zip(before).map(|(after, before)| (after - before) * 1024.0 / people.max(1) as f64);
    let value = json!({"idle": people, "server_rss_mib": after, "server_rss_before_mib": before, "kib_each": each});
    match value {
        Value::Object(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

fn run_half(work: Work) -> Duration {
    Duration::from_secs(u64::from(work.secs)) / 2
}

fn per_delivery(cpu_s: Option<f64>, figures: &Figures) -> Option<f64> {
    cpu_s.map(|s| s * 1e6 / figures.deliveries().max(1) as f64)
}

type All = JoinSet<anyhow::Result<Lived>>;

fn start(run: &Arc<Run>, people: usize, keeps: bool) -> All {
    let mut all = JoinSet::new();
    for index in 0..people {
        all.spawn(person::live(run.clone(), index, Part::Works));
    }
    if keeps {
        all.spawn(person::live(run.clone(), people, Part::Keeps));
    }
    all
}

/// Waits until everybody stands at the gate; whoever ends before that failed.
async fn pass(run: &Run, all: &mut All) -> anyhow::Result<()> {
    tokio::select! {
        // Who has passed the last gate leaves at once.
        biased;
        _ = run.gate.wait() => Ok(()),
        Some(ended) = all.join_next() => {
            ended??;
            ensure!(false, "somebody left early");
            Ok(())
        }
    }
}

async fn all_lived(mut all: All) -> anyhow::Result<Vec<Lived>> {
    let mut lived = Vec::new();
    while let Some(each) = all.join_next().await {
        lived.push(each??);
    }
    lived.sort_by_key(|each| each.index);
    Ok(lived)
}
