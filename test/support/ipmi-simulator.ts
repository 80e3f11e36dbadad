export * from '../../cmd/drpkit/demo/ipmi-simulator.ts';
