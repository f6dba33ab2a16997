package org.tflitesuite.demo.benchmark;

import android.os.SystemClock;

import java.util.ArrayList;
import java.util.List;

/** Integrates the battery's power over a measurement, ten readings a second. */
public final class EnergyMeter {
    public static final String METHOD = "Android battery current (BATTERY_PROPERTY_CURRENT_NOW) times voltage, the whole device";
    private static final long PERIOD_MS = 100;

    private final DeviceFacts facts;
    private final boolean onBattery;
    private final long begin = SystemClock.elapsedRealtime();
    private final List<Integer> microamperes = new ArrayList<>();
    private long last;

    public EnergyMeter(DeviceFacts facts) {
        this.facts = facts;
        onBattery = facts.isOnBattery();
    }

    /** Takes a reading if one is due. */
    public void sample() {
        long now = SystemClock.elapsedRealtime();
        if (now - last < PERIOD_MS) {
            return;
        }
        last = now;
        Integer current = facts.batteryMicroamperes();
        if (current != null) {
            microamperes.add(current);
        }
    }

    /** The readings so far, in microamperes. */
    public List<Integer> readings() {
        return microamperes;
    }

    /** Joules since the beginning; null if the device is being charged or measures no current. */
    public Double joules() {
        Double volts = facts.batteryVolts();
        if (!onBattery || !facts.isOnBattery() || volts == null || microamperes.isEmpty()) {
            return null;
        }
        double sum = 0;
        for (int current : microamperes) {
            sum += Math.abs(current) / 1e6;
        }
        return sum / microamperes.size() * volts * (SystemClock.elapsedRealtime() - begin) / 1000;
    }
}
