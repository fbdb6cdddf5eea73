//! What an app's user waits for: the question that a running app asks all the time,
//! and the first answer after a start. Next to the bare signature, in one process.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up has failed"
)]

use std::{hint::black_box, time::Duration};

use criterion::Criterion;
use paidup::{Client, FileStore, Installation, LicenseFile, PublicKey, Setup, Store as _};
use paidup_bench::{ISSUER, PRODUCT, Subject};

fn main() {
    let mut criterion = Criterion::default()
        .output_directory(&std::env::temp_dir().join("paidup-bench"))
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(5))
        .configure_from_args();

    let subject = Subject::new();
    let folder = std::env::temp_dir().join(format!("paidup-bench-{}", std::process::id()));
    let store = || FileStore::in_folders(&folder.join("data"), &folder.join("state"));
    let public = PublicKey::from_bytes(subject.key.as_bytes()).unwrap();
    let file = LicenseFile {
        token: subject.token.clone(),
        keyset: None,
    };
    let file = file.seal("later", &public.key_id(), |_| [0; 64]);
    let now = subject.issued_at.plus(60);
    let setup = || {
        Setup::new(ISSUER, PRODUCT)
            .key(public.clone())
            .fingerprint(paidup_bench::FINGERPRINT)
    };
    let mut installed = Installation::load(setup(), None, None);
    installed.offline_install(&file, now).unwrap();
    store().save(&installed.unsaved().unwrap()).unwrap();
    assert!(installed.check(now).usable());

    criterion.bench_function("dalek verify_strict", |it| {
        it.iter(|| {
            subject
                .key
                .verify_strict(black_box(subject.signed.as_bytes()), &subject.signature)
        });
    });
    criterion.bench_function("check, warm, without a client", |it| {
        it.iter(|| installed.check(black_box(now)).usable());
    });
    let client = Client::builder(ISSUER, PRODUCT)
        .key(public.to_base64url())
        .fingerprint(paidup_bench::FINGERPRINT)
        .clock(move || now)
        .store(store())
        .build()
        .unwrap();
    assert!(client.check().usable());
    criterion.bench_function("check, warm client", |it| {
        it.iter(|| black_box(&client).check().usable());
    });
    criterion.bench_function("allows, warm client", |it| {
        it.iter(|| black_box(&client).allows(black_box("export")));
    });
    criterion.bench_function("cold: two files read, verified, answered", |it| {
        it.iter(|| {
            let loaded = store().load();
            let (state, witness) = (loaded.state.as_deref(), loaded.witness.as_deref());
            let state = state.map(Vec::as_slice);
            let witness = witness.map(Vec::as_slice);
            Installation::load(setup(), state, witness)
                .check(now)
                .usable()
        });
    });
    criterion.bench_function("cold: a whole client, with its network, answered", |it| {
        it.iter(|| {
            let client = Client::builder(ISSUER, PRODUCT)
                .key(public.to_base64url())
                .fingerprint(paidup_bench::FINGERPRINT)
                .clock(move || now)
                .store(store())
                .build()
                .unwrap();
            client.check().usable()
        });
    });
    criterion.final_summary();
    std::fs::remove_dir_all(folder).unwrap();
}
