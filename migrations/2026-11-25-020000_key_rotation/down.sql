DROP FUNCTION zapiki_sealed_inputs_by_key, zapiki_sealed_inputs_under_others;
DROP POLICY definer ON sealed_inputs;
REVOKE ALL ON sealed_inputs FROM zapiki_definer;
REVOKE UPDATE (kek_version, wrapped_key) ON sealed_inputs FROM zapiki_app;
