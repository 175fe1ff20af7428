//! A list through Temporal: scheduled, read, signed, stored; and every way in which it is refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use zapiki_activities::lists::{ListTrees, ListsConfig};
use zapiki_core::credential::FieldElement;
use zapiki_core::screening::ScreeningKey;
use zapiki_core::signed_root::ListName;
use zapiki_core::suites::bjj_poseidon::SecretKey;
use zapiki_store::ListRoot;
use zapiki_workflows::client::RefreshError;
use zapiki_workflows::lists::{RefreshFailure, RefreshRequest, Refreshed};
use zapiki_workflows::testing::workflow_history_json;

use crate::support::{Behaviour, PATIENCE, Pipeline, RunningWorker, TestBackend, eventually};

const HOUR: Duration = Duration::from_secs(60 * 60);

struct Lists {
    pipeline: Pipeline,
    folder: tempfile::TempDir,
    name: ListName,
}

impl Lists {
    async fn create() -> Self {
        Self {
            pipeline: Pipeline::create().await,
            folder: tempfile::tempdir().unwrap(),
            name: "internal".parse().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("list.csv")
    }

    /// A list of these persons, all born in 1970.
    fn write(&self, persons: &[&str]) {
        let lines = persons.iter().map(|name| format!("{name},1970\n"));
        let table = format!("name,birth_year\n{}", lines.collect::<String>());
        std::fs::write(self.path(), table).unwrap();
    }

    fn worker(&self) -> RunningWorker {
        self.worker_with(SecretKey::from_bytes([5; 32]), HOUR)
    }

    /// A worker that has read the list by itself, so that nobody does so meanwhile.
    async fn settled(&self) -> (RunningWorker, ListRoot) {
        let worker = self.worker();
        let root = eventually(async || self.stored().await).await;
        (worker, root)
    }

    fn worker_with(&self, key: SecretKey, every: Duration) -> RunningWorker {
        let sources = format!("{}=csv:{}", self.name, self.path().display());
        let lists = ListsConfig {
            sources: sources.parse().unwrap(),
            key,
            every,
        };
        let backend = Arc::new(TestBackend::new(Behaviour::Prove));
        self.pipeline.worker_with_lists(vec![backend], Some(lists))
    }

    async fn refresh(&self, accept_shrink: bool) -> Result<Refreshed, RefreshError> {
        let request = RefreshRequest {
            list: self.name.clone(),
            accept_shrink,
        };
        self.pipeline.client.refresh_list(&request, PATIENCE).await
    }

    async fn refused(&self) -> (RefreshFailure, String) {
        match self.refresh(false).await {
            Err(RefreshError::Failed { failure, reason }) => (failure, reason),
            other => panic!("it was not refused: {other:?}"),
        }
    }

    async fn stored(&self) -> Option<ListRoot> {
        self.pipeline.db.store.list(&self.name).await.unwrap()
    }

    /// Writes the history of the refresh beside those of proofs, if they are recorded.
    async fn record(&self, name: &str) {
        let Some(folder) = std::env::var_os("ZAPIKI_RECORD_HISTORIES") else {
            return;
        };
        let id = format!("{}-now", self.pipeline.client.schedule_id(&self.name));
        let json = workflow_history_json(&self.pipeline.client, &id).await;
        let json: Value = serde_json::from_slice(&json).unwrap();
        let path = Path::new(&folder).join(format!("{name}.json"));
        std::fs::write(path, format!("{json:#}\n")).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_scheduled_read_signed_and_served() {
    let lists = Lists::create().await;
    lists.write(&["Ana Example", "Ben Example"]);
    let key = SecretKey::from_bytes([5; 32]);
    let signer = key.public_key();
    let _worker = lists.worker_with(key, HOUR);
    // Nobody asked for it: a list that was never read is read when its schedule is made.
    let list = eventually(async || lists.stored().await).await;
    assert_eq!(list.signed.check(), Ok(()));
    assert_eq!((list.signed.signer, list.signed.entries), (signer, 2));
    assert_eq!(list.report.persons, 2);

    let trees = ListTrees::new(lists.pipeline.db.store.clone());
    let tree = trees.tree(&list.signed.root).await.unwrap().unwrap();
    let listed = ScreeningKey::name_and_birth_year("example, ana", 1970).unwrap();
    let free = ScreeningKey::name_and_birth_year("example, ana", 1971).unwrap();
    assert!(tree.absence(&listed.to_field()).is_none());
    assert!(tree.absence(&free.to_field()).is_some());
    // Made once.
    let again = trees.tree(&list.signed.root).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&tree, &again));
    let unknown = FieldElement::from(listed);
    assert!(trees.tree(&unknown).await.unwrap().is_none());

    let refreshed = lists.refresh(false).await.unwrap();
    assert_eq!(
        (refreshed.is_new, refreshed.root),
        (false, list.signed.root)
    );
    lists.record("list_refreshed").await;
    assert!(lists.stored().await.unwrap().refreshed_at > list.refreshed_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_changes_has_a_new_root_and_keeps_the_old_one() {
    let lists = Lists::create().await;
    lists.write(&["Ana Example"]);
    let (_worker, first) = lists.settled().await;
    let first = first.signed;
    lists.write(&["Ana Example", "Ben Example"]);
    let second = lists.refresh(false).await.unwrap();
    assert!(second.is_new && second.root != first.root);
    let trees = ListTrees::new(lists.pipeline.db.store.clone());
    let old = trees.tree(&first.root).await.unwrap().unwrap();
    let new = trees.tree(&second.root).await.unwrap().unwrap();
    assert_eq!((old.len(), new.len()), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_shrinks_is_taken_only_when_told_so() {
    let lists = Lists::create().await;
    lists.write(&["A Example", "B Example", "C Example", "D Example"]);
    let (_worker, whole) = lists.settled().await;
    let whole = whole.signed;
    for persons in [&["A Example"][..], &[]] {
        lists.write(persons);
        let (failure, reason) = lists.refused().await;
        assert_eq!(failure, RefreshFailure::ListShrank);
        assert!(reason.contains("and had 4"), "{reason}");
        assert_eq!(lists.stored().await.unwrap().signed.root, whole.root);
    }
    lists.record("list_refused").await;
    lists.write(&["A Example"]);
    let shrunk = lists.refresh(true).await.unwrap();
    assert_eq!((shrunk.is_new, shrunk.entries), (true, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_list_and_an_unknown_one_are_refused_at_once() {
    let mut lists = Lists::create().await;
    lists.write(&["A Example"]);
    let (_worker, whole) = lists.settled().await;
    let whole = whole.signed;
    std::fs::write(lists.path(), "name,birth_year\nA Example,70\n").unwrap();
    let (failure, reason) = lists.refused().await;
    assert_eq!(failure, RefreshFailure::SourceMalformed);
    assert!(reason.contains("line 2: `birth_year`"), "{reason}");
    assert_eq!(lists.stored().await.unwrap().signed.root, whole.root);
    lists.name = "other".parse().unwrap();
    assert_eq!(lists.refused().await.0, RefreshFailure::ListNotConfigured);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_away_is_read_when_it_is_back() {
    let lists = Lists::create().await;
    let _worker = lists.worker();
    let refreshing = lists.refresh(false);
    tokio::pin!(refreshing);
    // Missing when the first attempt is made.
    let waited = tokio::time::timeout(Duration::from_secs(1), &mut refreshing).await;
    assert!(waited.is_err(), "{waited:?}");
    lists.write(&["A Example"]);
    assert_eq!(refreshing.await.unwrap().entries, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_made_once_and_brought_up_to_date() {
    let lists = Lists::create().await;
    let client = &lists.pipeline.client;
    for every in [HOUR, HOUR, 2 * HOUR] {
        client.schedule_list(&lists.name, every).await.unwrap();
    }
    let temporal = client.connected().await.unwrap();
    let handle = temporal.get_schedule_handle(client.schedule_id(&lists.name));
    let description = handle.describe(Default::default()).await.unwrap();
    let schedule = description.raw().schedule.clone().unwrap();
    let intervals = schedule.spec.unwrap().interval;
    assert_eq!(intervals.len(), 1);
    assert_eq!(intervals[0].interval.unwrap().seconds, 2 * 60 * 60);
    let policies = schedule.policies.unwrap();
    assert_eq!(policies.catchup_window.unwrap().seconds, 2 * 60 * 60);
    handle.delete(Default::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_with_lists_stops_when_it_is_told_to() {
    let lists = Lists::create().await;
    lists.write(&["A Example"]);
    let (worker, before) = lists.settled().await;
    worker.join().unwrap();
    let worker = lists.worker();
    let refreshed = lists.refresh(false).await.unwrap();
    assert_eq!(refreshed.root, before.signed.root);
    worker.join().unwrap();
}
