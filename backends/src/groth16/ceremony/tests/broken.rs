//! Every check, broken once.

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::{AffineRepr as _, CurveGroup as _};

use super::*;
use crate::digest::Blake2bDigest;

type Change = fn(&mut Ceremony);

fn contribution(number: usize, name: &str, flaw: Flaw) -> CeremonyError {
    CeremonyError::Contribution {
        number,
        name: name.to_owned(),
        flaw,
    }
}

fn twice(point: G1Affine) -> G1Affine {
    (point + point).into_affine()
}

#[test]
fn whatever_is_changed_is_found() {
    const BRUNO: &str = "Bruno of Example Bank";
    let changes: [(&str, Change, CeremonyError); 22] = [
        (
            "another circuit's transcript",
            |c| c.transcript.relation.0[0] ^= 1,
            CeremonyError::OtherRelation(circuit().id),
        ),
        (
            "another circuit's name",
            |c| c.transcript.circuit = CIRCUITS[1].id,
            CeremonyError::OtherRelation(CIRCUITS[1].id),
        ),
        (
            "another file of powers",
            |c| c.transcript.powers.digest.0[0] ^= 1,
            CeremonyError::OtherPowers,
        ),
        (
            "more contributors to the powers than there were",
            |c| c.transcript.powers.contributions += 1,
            CeremonyError::OtherPowers,
        ),
        (
            "another initial key",
            |c| c.transcript.initial_key.0[0] ^= 1,
            contribution(1, "Ana", Flaw::Transcript),
        ),
        (
            "a name",
            |c| c.transcript.contributions[0].name = name("Anna"),
            contribution(1, "Anna", Flaw::Transcript),
        ),
        (
            "the hash of the past",
            |c| c.transcript.contributions[1].transcript.0[0] ^= 1,
            contribution(2, BRUNO, Flaw::Transcript),
        ),
        (
            "the point of the contributor's choice",
            |c| {
                let s = &mut c.transcript.contributions[1].s;
                s.0 = twice(s.0);
            },
            contribution(2, BRUNO, Flaw::Transcript),
        ),
        (
            "the proof of knowledge",
            |c| {
                let r_delta = &mut c.transcript.contributions[1].r_delta;
                r_delta.0 = (r_delta.0 + r_delta.0).into_affine();
            },
            contribution(2, BRUNO, Flaw::Knowledge),
        ),
        (
            "delta",
            |c| {
                let delta = &mut c.transcript.contributions[1].delta;
                delta.0 = twice(delta.0);
            },
            contribution(2, BRUNO, Flaw::Delta),
        ),
        (
            "the order",
            |c| c.transcript.contributions.swap(0, 1),
            contribution(1, BRUNO, Flaw::Transcript),
        ),
        (
            "a contribution left out",
            |c| drop(c.transcript.contributions.remove(0)),
            contribution(1, BRUNO, Flaw::Transcript),
        ),
        (
            "the last left out",
            |c| drop(c.transcript.contributions.pop()),
            CeremonyError::DeltaMismatch,
        ),
        (
            "a contribution twice",
            |c| {
                let again = c.transcript.contributions[1].clone();
                c.transcript.contributions.insert(1, again);
            },
            contribution(3, BRUNO, Flaw::Transcript),
        ),
        (
            "the beacon's value",
            |c| {
                c.transcript.contributions[2].beacon = Some(Beacon {
                    value: "0102030406".parse().unwrap(),
                    ..beacon()
                })
            },
            contribution(3, "beacon", Flaw::Transcript),
        ),
        (
            "the beacon's iterations",
            |c| {
                c.transcript.contributions[2].beacon = Some(Beacon {
                    iterations_log2: 11.try_into().unwrap(),
                    ..beacon()
                })
            },
            contribution(3, "beacon", Flaw::Transcript),
        ),
        (
            "a beacon called a person",
            |c| c.transcript.contributions[2].beacon = None,
            contribution(3, "beacon", Flaw::Transcript),
        ),
        (
            "the key's delta",
            |c| c.parameters.delta_g1 = twice(c.parameters.delta_g1),
            CeremonyError::DeltaMismatch,
        ),
        (
            "the key's delta in G2",
            |c| c.parameters.delta_g2 = G2Affine::generator(),
            CeremonyError::DeltaG2,
        ),
        (
            "one point of L",
            |c| c.parameters.l_query[0] = twice(c.parameters.l_query[0]),
            CeremonyError::LQuery,
        ),
        (
            "a point of L left out",
            |c| c.parameters.l_query.truncate(1),
            CeremonyError::LQuery,
        ),
        (
            "one point of H",
            |c| c.parameters.h_query.swap(2, 3),
            CeremonyError::HQuery,
        ),
    ];
    assert_eq!(verified(&held()), Ok(()));
    for (what, change, expected) in changes {
        let mut ceremony = held();
        change(&mut ceremony);
        assert_eq!(verified(&ceremony), Err(expected), "{what}");
    }
}

/// Whoever lies about the key but keeps every proof intact.
#[test]
fn lists_that_were_not_divided_are_found() {
    let initial = Ceremony::begin(&circuit(), &powers(), &mut rng()).unwrap();
    let mut ceremony = held();
    ceremony.parameters.l_query = initial.parameters.l_query.clone();
    assert_eq!(verified(&ceremony), Err(CeremonyError::LQuery));
    let mut ceremony = held();
    ceremony.parameters.h_query = initial.parameters.h_query;
    assert_eq!(verified(&ceremony), Err(CeremonyError::HQuery));
}

/// A factor of the contributor's choice that is called a beacon's.
#[test]
fn a_beacon_cannot_be_chosen() {
    let mut ceremony = Ceremony::begin(&circuit(), &powers(), &mut rng()).unwrap();
    let secret = Secret::new(&[1; 64], b"");
    ceremony.contribute(name("Ana"), secret).unwrap();
    let chosen = Secret::new(&[2; 64], b"");
    ceremony
        .multiply(name("beacon"), Some(beacon()), chosen)
        .unwrap();
    assert_eq!(
        verified(&ceremony),
        Err(contribution(2, "beacon", Flaw::Beacon))
    );
}

/// Whoever shows one factor and multiplies by another, or drops what the others did, and keeps all else consistent.
#[test]
fn the_factor_that_is_shown_is_the_one_that_counts() {
    let begin = || {
        let mut ceremony = Ceremony::begin(&circuit(), &powers(), &mut rng()).unwrap();
        let secret = Secret::new(&[1; 64], b"");
        ceremony.contribute(name("Ana"), secret).unwrap();
        ceremony
    };
    let shown = Secret::new(&[2; 64], b"");
    let inverse_of_anas = ark_ff::Field::inverse(&Secret::new(&[1; 64], b"").delta).unwrap();
    for (applied, expected) in [
        (shown.delta, Ok(())),
        (
            Secret::new(&[3; 64], b"").delta,
            Err(contribution(2, "Bruno", Flaw::Delta)),
        ),
        (
            shown.delta * inverse_of_anas,
            Err(contribution(2, "Bruno", Flaw::Delta)),
        ),
    ] {
        let mut ceremony = begin();
        let chain = ceremony.transcript.chain();
        let before = ceremony.parameters.delta_g1;
        let mut bruno = Contribution::new(&chain, before, name("Bruno"), None, &shown);
        ceremony.parameters.multiply(applied).unwrap();
        bruno.delta = PointG1(ceremony.parameters.delta_g1);
        ceremony.transcript.contributions.push(bruno);
        assert_eq!(verified(&ceremony), expected);
    }
}

/// As if closed, opened and closed again.
#[test]
fn nothing_follows_on_the_beacon() {
    let mut ceremony = held();
    let last = ceremony.transcript.contributions[2].clone();
    ceremony.transcript.contributions.push(last);
    assert_eq!(verified(&ceremony), Err(CeremonyError::AfterBeacon(4)));
}

/// Before anybody contributed, the chain does not show it.
#[test]
fn another_initial_key_is_found() {
    let mut ceremony = Ceremony::begin(&circuit(), &powers(), &mut rng()).unwrap();
    ceremony.transcript.initial_key.0[0] ^= 1;
    assert_eq!(verified(&ceremony), Err(CeremonyError::OtherInitialKey));
}

/// A contribution to another ceremony shows nothing in this one, even over the same points.
#[test]
fn a_contribution_is_bound_to_its_ceremony() {
    let other = Powers::from_seed(&[8; 32], 3);
    let mut elsewhere = Ceremony::begin(&circuit(), &other, &mut rng()).unwrap();
    let secret = Secret::new(&[1; 64], b"");
    elsewhere.contribute(name("Ana"), secret).unwrap();
    let mut ceremony = Ceremony::begin(&circuit(), &powers(), &mut rng()).unwrap();
    ceremony.transcript.contributions = elsewhere.transcript.contributions;
    ceremony.parameters.delta_g1 = elsewhere.parameters.delta_g1;
    ceremony.parameters.delta_g2 = elsewhere.parameters.delta_g2;
    assert_eq!(
        verified(&ceremony),
        Err(contribution(1, "Ana", Flaw::Transcript))
    );
}

#[test]
fn other_powers_and_other_circuits_are_refused() {
    let ceremony = held();
    let verify = |circuit: &CeremonyCircuit, powers: &Powers| {
        ceremony.verify(circuit, powers, &mut rng(), &mut |_| {})
    };
    let mut other = Powers::from_seed(&[8; 32], 3);
    // Under the right label.
    other.origin = *powers().origin();
    let refused = verify(&circuit(), &other);
    assert_eq!(refused, Err(CeremonyError::OtherInitialKey));

    let mut other = circuit();
    other.shape.rows[0].a[0].1 += Fr::from(1u8);
    let refused = verify(&other, &powers());
    assert_eq!(refused, Err(CeremonyError::OtherRelation(circuit().id)));
}

#[test]
fn nobody_contributes_to_a_ceremony_that_does_not_hold() {
    let mut ceremony = Ceremony::begin(&circuit(), &powers(), &mut rng()).unwrap();
    let secret = || Secret::new(&[1; 64], b"");
    ceremony.contribute(name("Ana"), secret()).unwrap();
    ceremony.transcript.contributions[0].name = name("Anna");
    let refused = ceremony.contribute(name("Bruno"), secret()).map(drop);
    assert_eq!(refused, Err(contribution(1, "Anna", Flaw::Transcript)));
}

#[test]
fn parameters_are_read_strictly() {
    let ceremony = held();
    let resume = |transcript: &Transcript, bytes: &[u8]| {
        Ceremony::resume(&circuit(), transcript.clone(), bytes).map(drop)
    };
    let transcript = ceremony.transcript();
    let bytes = ceremony.parameters().to_bytes();
    assert_eq!(resume(transcript, &bytes), Ok(()));
    let malformed = Err(CeremonyError::ParametersMalformed);
    assert_eq!(resume(transcript, &bytes[1..]), malformed);
    assert_eq!(resume(transcript, &[&bytes[..], &[0]].concat()), malformed);
    let mut no_point = bytes.clone();
    no_point[300] ^= 1;
    assert_eq!(resume(transcript, &no_point), malformed);
    let mut no_delta = bytes.clone();
    no_delta[..64].fill(0);
    assert_eq!(resume(transcript, &no_delta), malformed);

    let mut old = transcript.clone();
    old.parameters.0[0] ^= 1;
    assert_eq!(resume(&old, &bytes), Err(CeremonyError::ParametersMismatch));
    let mut foreign = transcript.clone();
    foreign.relation.0[0] ^= 1;
    let refused = resume(&foreign, &bytes);
    assert_eq!(refused, Err(CeremonyError::OtherRelation(circuit().id)));
}

/// The digest names all that the transcript says.
#[test]
fn the_digest_names_everything() {
    let changes: [Change; 8] = [
        |c| c.transcript.circuit = CIRCUITS[1].id,
        |c| c.transcript.relation.0[0] ^= 1,
        |c| c.transcript.powers.digest = Blake2bDigest([0x11; 64]),
        |c| c.transcript.powers.power += 1,
        |c| c.transcript.powers.contributions += 1,
        |c| c.transcript.initial_key.0[0] ^= 1,
        |c| c.transcript.contributions[1].name = name("Bruna"),
        |c| c.transcript.parameters.0[0] ^= 1,
    ];
    let digest = held().transcript.digest();
    assert_eq!(held().transcript.digest(), digest);
    for (i, change) in changes.into_iter().enumerate() {
        let mut ceremony = held();
        change(&mut ceremony);
        assert_ne!(ceremony.transcript.digest(), digest, "{i}");
    }
}
