DROP FUNCTION zapiki_backlog;
REVOKE SELECT (resolution, resolved_at, expires_at) ON dead_letters FROM zapiki_definer;
DROP INDEX dead_letters_expiry, proofs_accepted;
