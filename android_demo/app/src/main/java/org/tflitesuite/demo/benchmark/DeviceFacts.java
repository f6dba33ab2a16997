package org.tflitesuite.demo.benchmark;

import android.content.Context;
import android.content.Intent;
import android.content.IntentFilter;
import android.os.BatteryManager;
import android.os.Build;
import android.os.PowerManager;

import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;

import org.tflitesuite.demo.core.Measurement;

/** What the device says of itself: its parts, heat, battery and memory. Unknown values are null. */
public final class DeviceFacts {
    private static final String[] THERMAL = {
        "none", "light", "moderate", "severe", "critical", "emergency", "shutdown"
    };
    private static final int MOST_CPUS = 64;

    private final PowerManager power;
    private final BatteryManager battery;
    private final Context context;

    public DeviceFacts(Context context) {
        this.context = context;
        power = context.getSystemService(PowerManager.class);
        battery = context.getSystemService(BatteryManager.class);
    }

    /** The machine, with the keys that every target's document has, and Android's build. */
    public Map<String, Object> device() {
        String chip = Build.VERSION.SDK_INT >= Build.VERSION_CODES.S
                ? Build.SOC_MANUFACTURER + " " + Build.SOC_MODEL
                : Build.HARDWARE;
        return Measurement.map(
                "machine", System.getProperty("os.arch"),
                "board", Build.MANUFACTURER + " " + Build.MODEL,
                "cpu", chip,
                "cores", Runtime.getRuntime().availableProcessors(),
                "usable_cores", Runtime.getRuntime().availableProcessors(),
                "os", "Android " + Build.VERSION.RELEASE + " (API " + Build.VERSION.SDK_INT + ")",
                "governor", firstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
                "frequency_mhz", frequencyMhz(),
                "temperature_c", batteryValue(BatteryManager.EXTRA_TEMPERATURE, 0.1),
                "abis", Arrays.asList(Build.SUPPORTED_ABIS),
                "build", Build.FINGERPRINT);
    }

    /** Index into Android's thermal states, 0 (cool) to 6; null before Android 10. */
    public Integer thermalStatus() {
        return Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q ? power.getCurrentThermalStatus() : null;
    }

    public static String thermalName(Integer status) {
        return status == null || status < 0 || status >= THERMAL.length ? null : THERMAL[status];
    }

    public boolean isSavingPower() {
        return power.isPowerSaveMode();
    }

    /** Present battery current in microamperes; sign as the maker chose; null where it is not measured. */
    public Integer batteryMicroamperes() {
        int current = battery.getIntProperty(BatteryManager.BATTERY_PROPERTY_CURRENT_NOW);
        return current == Integer.MIN_VALUE || current == 0 ? null : current;
    }

    /** Battery voltage in volts. */
    public Double batteryVolts() {
        return batteryValue(BatteryManager.EXTRA_VOLTAGE, 0.001);
    }

    /** Whether the battery alone feeds the device, so that its current is the device's consumption. */
    public boolean isOnBattery() {
        Double plugged = batteryValue(BatteryManager.EXTRA_PLUGGED, 1);
        return plugged != null && plugged == 0;
    }

    /** Largest resident size that this process had. */
    public static Long peakRssBytes() {
        try (BufferedReader reader = new BufferedReader(new FileReader("/proc/self/status"))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith("VmHWM:")) {
                    return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
                }
            }
        } catch (IOException | NumberFormatException error) {
            return null;
        }
        return null;
    }

    private Double batteryValue(String key, double unit) {
        Intent state = context.registerReceiver(null, new IntentFilter(Intent.ACTION_BATTERY_CHANGED));
        int value = state == null ? -1 : state.getIntExtra(key, -1);
        return value < 0 ? null : value * unit;
    }

    private static Double frequencyMhz() {
        Double fastest = null;
        for (int cpu = 0; cpu < MOST_CPUS; cpu++) {
            String text = firstLine("/sys/devices/system/cpu/cpu" + cpu + "/cpufreq/scaling_cur_freq");
            if (text != null && text.matches("[0-9]{1,9}")) {
                double value = Integer.parseInt(text) / 1000.0;
                fastest = fastest == null ? value : Math.max(fastest, value);
            }
        }
        return fastest;
    }

    private static String firstLine(String path) {
        try (BufferedReader reader = new BufferedReader(new FileReader(path))) {
            return reader.readLine();
        } catch (IOException error) {
            return null;
        }
    }
}
