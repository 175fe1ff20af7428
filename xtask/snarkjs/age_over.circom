// The relation of Zapiki's `age_over@1.0.0` (docs/circuits/age_over.md) with circomlib's templates: what a circom engineer
// would write. Range checks are written as Zapiki has them, which is less than circomlib's LessEqThan.
pragma circom 2.1.0;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/eddsaposeidon.circom";
include "circomlib/circuits/poseidon.circom";

template AgeOver(schema, holderTag, nullifierTag) {
    // Public.
    signal input issuer[2];
    signal input asOf;
    signal input cutoff;
    signal input challenge;
    signal input scope;
    signal input nullifier;
    // Private.
    signal input holderSecret;
    // The twelve attributes without the schema, the holder's commitment and the reserved one.
    signal input birthDate;
    signal input income[3];
    signal input country;
    signal input screeningId;
    signal input issuedAt;
    signal input expiresAt;
    signal input revocationId;
    signal input r8[2];
    signal input s;

    component commitment = Poseidon(2);
    commitment.inputs[0] <== holderTag;
    commitment.inputs[1] <== holderSecret;

    component digest = Poseidon(12);
    digest.inputs[0] <== schema;
    digest.inputs[1] <== commitment.out;
    digest.inputs[2] <== birthDate;
    for (var i = 0; i < 3; i++) {
        digest.inputs[3 + i] <== income[i];
    }
    digest.inputs[6] <== country;
    digest.inputs[7] <== screeningId;
    digest.inputs[8] <== issuedAt;
    digest.inputs[9] <== expiresAt;
    digest.inputs[10] <== revocationId;
    digest.inputs[11] <== 0;

    component signature = EdDSAPoseidonVerifier();
    signature.enabled <== 1;
    signature.Ax <== issuer[0];
    signature.Ay <== issuer[1];
    signature.R8x <== r8[0];
    signature.R8y <== r8[1];
    signature.S <== s;
    signature.M <== digest.out;

    component old = Num2Bits(20);
    old.in <== cutoff - birthDate;
    component begun = Num2Bits(20);
    begun.in <== asOf - issuedAt;
    component unexpired = Num2Bits(20);
    unexpired.in <== expiresAt - asOf;

    component tagged = Poseidon(3);
    tagged.inputs[0] <== nullifierTag;
    tagged.inputs[1] <== holderSecret;
    tagged.inputs[2] <== scope;
    tagged.out === nullifier;

    signal square <== challenge * challenge;
}

// What the credential's schema and the tags of the two hashes are in the field (RFC 9380; core/src/credential.rs, core/src/suites/).
component main {public [issuer, asOf, cutoff, challenge, scope, nullifier]} = AgeOver(
    20469254423562194598990902364502859396165170020695418100540791562329954556441,
    891794329740617115341231038071890897846350790875364596689913700758112133547,
    1432264512884219918329327990401525815244782492564442100695127440139489117847
);
