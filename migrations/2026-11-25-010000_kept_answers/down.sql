DROP FUNCTION zapiki_forget_requests;
DROP POLICY definer ON idempotency_keys;
REVOKE ALL ON idempotency_keys FROM zapiki_definer;
DROP TRIGGER idempotency_keys_answer ON idempotency_keys;
DROP FUNCTION zapiki_keep_first_answer;
DROP INDEX idempotency_keys_created_at_idx;
ALTER TABLE idempotency_keys DROP COLUMN answer, DROP COLUMN answered_at;
