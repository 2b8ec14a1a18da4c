"""Tables of rooms below review that never change; they cannot say so themselves, since they know no room above them."""

from review.immutability import Guard

_CHANGES = ("UPDATE", "DELETE")
GUARDS = (
    Guard("audit_auditrow", _CHANGES, "", "The audit trail only grows: no row of it changes or goes."),
    Guard("audit_auditdigest", _CHANGES, "", "A seal of the audit trail never changes."),
)
