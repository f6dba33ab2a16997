package org.tflitesuite.demo.core;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What several successive frames agree on; see {@code docs/decision.md}. */
public final class Consensus {
    private static final double SLACK = 1e-9;

    private final int window;
    private final double enter;
    private final double stay;
    private final ArrayDeque<List<Integer>> latest = new ArrayDeque<>();
    private List<Integer> announced = new ArrayList<>();

    /** Starts with an empty window. */
    public Consensus(Decision.Frames frames) {
        window = frames.window;
        enter = frames.share * frames.window - SLACK;
        stay = (frames.share - frames.hysteresis) * frames.window - SLACK;
    }

    /** Takes the classes that the next frame answers; returns those announced now, the best first. */
    public List<Integer> add(List<Integer> answered) {
        latest.addLast(answered);
        if (latest.size() > window) {
            latest.removeFirst();
        }
        Map<Integer, Integer> counts = new TreeMap<>();
        for (List<Integer> frame : latest) {
            for (int label : frame) {
                counts.put(label, counts.containsKey(label) ? counts.get(label) + 1 : 1);
            }
        }
        List<Integer> kept = new ArrayList<>();
        for (int label : counts.keySet()) {
            if (counts.get(label) >= (announced.contains(label) ? stay : enter)) {
                kept.add(label);
            }
        }
        List<Integer> before = announced;
        kept.sort((first, second) -> {
            int byCount = Integer.compare(counts.get(second), counts.get(first));
            int byPlace = Integer.compare(place(before, first), place(before, second));
            return byCount != 0 ? byCount : byPlace != 0 ? byPlace : Integer.compare(first, second);
        });
        announced = kept;
        return new ArrayList<>(kept);
    }

    private static int place(List<Integer> before, int label) {
        int place = before.indexOf(label);
        return place < 0 ? before.size() : place;
    }
}
