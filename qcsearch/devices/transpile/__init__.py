"""From a logical circuit to the gates that the chosen qubits run."""
