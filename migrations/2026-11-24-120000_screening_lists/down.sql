DROP TABLE screening_roots, screening_sets;
