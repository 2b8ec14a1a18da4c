"""The served product under fire: every route by every caller, cases of the schema, hostile bodies, slow sockets."""
