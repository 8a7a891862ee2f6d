#include "src/report/graph_layout.h"

#include <algorithm>
#include <map>

#include "src/report/spread.h"

namespace strata {
namespace {

constexpr double beside = 28;        // between boxes of a rank
constexpr double around_line = 14;   // between a box and an edge that passes it
constexpr double between_ranks = 34;
constexpr double between_ports = 16;

// A box, or the place where a long edge passes a rank.
struct Item {
  int box = -1;
  double width = 0;
  int rank = 0;
  double x = 0;  // of the middle
  std::vector<int> above, below;
};

class Layering {
 public:
  Layering(const std::vector<GraphBox>& boxes, const std::vector<GraphEdge>& edges) : boxes_(boxes), edges_(edges) {
    for (std::size_t i = 0; i < boxes.size(); ++i) items_.push_back({static_cast<int>(i), boxes[i].width, 0, 0, {}, {}});
    find_ranks();
    add_passages();
    lower_crossings();
    find_places();
  }

  GraphLayout layout() const {
    GraphLayout result;
    std::vector<double> top(ranks_.size()), height(ranks_.size());
    double y = 1;
    for (std::size_t r = 0; r < ranks_.size(); ++r) {
      for (const int i : ranks_[r])
        if (items_[i].box >= 0) height[r] = std::max(height[r], boxes_[items_[i].box].height);
      top[r] = y;
      y += height[r] + between_ranks + std::min(40.0, 2.0 * static_cast<double>(std::max(edges_below(r), 4) - 4));
      result.height = top[r] + height[r] + 1;
    }
    double left = items_.empty() ? 0 : items_[0].x, right = left;
    for (const Item& item : items_) {
      left = std::min(left, item.x - item.width / 2);
      right = std::max(right, item.x + item.width / 2);
    }
    const double shift = 1 - left;
    result.width = right - left + 2;
    for (std::size_t b = 0; b < boxes_.size(); ++b) {
      const Item& item = items_[b];
      result.rank.push_back(item.rank);
      result.boxes.push_back({item.x + shift - item.width / 2, top[item.rank] + (height[item.rank] - boxes_[b].height) / 2});
    }
    const auto ends = end_ports();
    for (std::size_t e = 0; e < edges_.size(); ++e) {
      const Item &from = items_[edges_[e].from], &to = items_[edges_[e].to];
      std::vector<GraphPoint> route;
      const GraphPoint start{from.x + shift, result.boxes[from.box].y + boxes_[from.box].height};
      route.push_back(start);
      route.push_back({start.x, top[from.rank] + height[from.rank]});
      for (const int p : passages_[e]) {
        route.push_back({items_[p].x + shift, top[items_[p].rank]});
        route.push_back({items_[p].x + shift, top[items_[p].rank] + height[items_[p].rank]});
      }
      const double end = to.x + shift + ends[e];
      route.push_back({end, top[to.rank]});
      route.push_back({end, result.boxes[to.box].y});
      result.routes.push_back(std::move(route));
    }
    return result;
  }

 private:
  // Longest path from the top; a box that nothing leads to stands right above what it leads to.
  void find_ranks() {
    std::vector<int> waits(boxes_.size(), 0), ready;
    std::vector<std::vector<int>> next(boxes_.size());
    for (const GraphEdge& e : edges_) {
      next[e.from].push_back(e.to);
      ++waits[e.to];
    }
    const std::vector<int> arriving = waits;
    for (std::size_t b = 0; b < boxes_.size(); ++b)
      if (waits[b] == 0) ready.push_back(static_cast<int>(b));
    for (std::size_t i = 0; i < ready.size(); ++i)
      for (const int to : next[ready[i]]) {
        items_[to].rank = std::max(items_[to].rank, items_[ready[i]].rank + 1);
        if (--waits[to] == 0) ready.push_back(to);
      }
    int last = 0;
    for (std::size_t b = 0; b < boxes_.size(); ++b) {
      if (arriving[b] == 0 && !next[b].empty()) {
        int least = items_[next[b][0]].rank;
        for (const int to : next[b]) least = std::min(least, items_[to].rank);
        items_[b].rank = std::max(0, least - 1);
      }
      last = std::max(last, items_[b].rank);
    }
    ranks_.resize(boxes_.empty() ? 0 : last + 1);
    for (std::size_t b = 0; b < boxes_.size(); ++b) ranks_[items_[b].rank].push_back(static_cast<int>(b));
  }

  void join(int above, int below) {
    items_[above].below.push_back(below);
    items_[below].above.push_back(above);
  }

  void add_passages() {
    for (const GraphEdge& e : edges_) {
      std::vector<int> passages;
      int above = e.from;
      for (int r = items_[e.from].rank + 1; r < items_[e.to].rank; ++r) {
        const int passage = static_cast<int>(items_.size());
        items_.push_back({-1, 2, r, 0, {}, {}});
        ranks_[r].push_back(passage);
        join(above, passage);
        passages.push_back(passage);
        above = passage;
      }
      join(above, e.to);
      passages_.push_back(std::move(passages));
    }
  }

  std::vector<int> places() const {
    std::vector<int> place(items_.size());
    for (const auto& rank : ranks_)
      for (std::size_t i = 0; i < rank.size(); ++i) place[rank[i]] = static_cast<int>(i);
    return place;
  }

  std::size_t crossings() const {
    const std::vector<int> place = places();
    std::size_t count = 0;
    for (const auto& rank : ranks_) {
      std::vector<std::pair<int, int>> lines;
      for (const int i : rank)
        for (const int below : items_[i].below) lines.emplace_back(place[i], place[below]);
      for (std::size_t a = 0; a < lines.size(); ++a)
        for (std::size_t b = a + 1; b < lines.size(); ++b)
          if ((lines[a].first - lines[b].first) * (lines[a].second - lines[b].second) < 0) ++count;
    }
    return count;
  }

  void lower_crossings() {
    auto best = ranks_;
    std::size_t fewest = crossings();
    for (int sweep = 0; sweep < 12 && fewest > 0; ++sweep) {
      const bool down = sweep % 2 == 0;
      for (std::size_t n = 1; n < ranks_.size(); ++n) {
        const std::size_t r = down ? n : ranks_.size() - 1 - n;
        const std::vector<int> place = places();
        std::vector<std::pair<double, int>> order;
        for (const int i : ranks_[r]) {
          const auto& neighbours = down ? items_[i].above : items_[i].below;
          double sum = 0;
          for (const int neighbour : neighbours) sum += place[neighbour];
          order.emplace_back(neighbours.empty() ? place[i] : sum / static_cast<double>(neighbours.size()), i);
        }
        std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
        for (std::size_t i = 0; i < order.size(); ++i) ranks_[r][i] = order[i].second;
      }
      if (const std::size_t now = crossings(); now < fewest) {
        fewest = now;
        best = ranks_;
      }
    }
    ranks_ = std::move(best);
  }

  double apart(const Item& a, const Item& b) const {
    const double gap = a.box >= 0 && b.box >= 0 ? beside : around_line;
    return (a.width + b.width) / 2 + gap;
  }

  // A long edge, and boxes that follow each other without branches, are to stand on one vertical line: a column.
  void find_columns() {
    column_.assign(items_.size(), -1);
    for (const auto& rank : ranks_)  // from the top: the item above has its column already
      for (const int i : rank) {
        const Item& item = items_[i];
        if (item.above.size() == 1) {
          const Item& above = items_[item.above[0]];
          if ((item.box < 0 && above.box < 0) || (item.box >= 0 && above.box >= 0 && above.below.size() == 1)) column_[i] = column_[item.above[0]];
        }
        if (column_[i] < 0) {
          column_[i] = static_cast<int>(columns_.size());
          columns_.emplace_back();
        }
        columns_[column_[i]].push_back(i);
      }
    for (const auto& rank : ranks_)  // columns keep the same distance all the way down
      for (std::size_t i = 1; i < rank.size(); ++i) {
        double& distance = distances_[{column_[rank[i - 1]], column_[rank[i]]}];
        distance = std::max(distance, apart(items_[rank[i - 1]], items_[rank[i]]));
      }
  }

  double distance(int left, int right) const { return distances_.at({column_[left], column_[right]}); }

  // Every column wants to stand at the mean of what it is joined to. First each rank meets the wishes as far as its distances
  // allow, then whole columns do, where none stands left of another in one rank and right of it in the next.
  void find_places() {
    find_columns();
    for (const auto& rank : ranks_)
      for (std::size_t i = 1; i < rank.size(); ++i) items_[rank[i]].x = items_[rank[i - 1]].x + distance(rank[i - 1], rank[i]);
    std::vector<double> wanted(columns_.size()), weight(columns_.size());
    for (int sweep = 0; sweep < 60; ++sweep) {
      for (std::size_t c = 0; c < columns_.size(); ++c) wish(c, wanted[c], weight[c]);
      for (const auto& rank : ranks_) place_rank(rank, wanted, weight);
    }
    straighten();
  }

  void wish(std::size_t column, double& wanted, double& weight) const {
    double own = 0, sum = 0, total = 0;
    for (const int i : columns_[column]) {
      own += items_[i].x / static_cast<double>(columns_[column].size());
      for (const auto* neighbours : {&items_[i].above, &items_[i].below})
        for (const int n : *neighbours) {
          if (column_[n] == static_cast<int>(column)) continue;
          const double pull = items_[i].box < 0 || items_[n].box < 0 ? 2 : 1;
          sum += pull * items_[n].x;
          total += pull;
        }
    }
    wanted = total > 0 ? (own + sum / total) / 2 : own;
    weight = total + 4 * static_cast<double>(columns_[column].size());
  }

  // Columns from left to right; fewer than there are where they stand in a ring.
  std::vector<int> columns_from_left() const {
    std::vector<int> waits(columns_.size(), 0), order;
    for (const auto& [pair, gap] : distances_) ++waits[pair.second];
    for (std::size_t c = 0; c < columns_.size(); ++c)
      if (waits[c] == 0) order.push_back(static_cast<int>(c));
    for (std::size_t i = 0; i < order.size(); ++i)
      for (auto d = distances_.lower_bound({order[i], 0}); d != distances_.end() && d->first.first == order[i]; ++d)
        if (--waits[d->first.second] == 0) order.push_back(d->first.second);
    return order;
  }

  // One x for all of a column: wishes and distances take turns (Gauss-Seidel projection), at last the distances alone.
  void straighten() {
    const std::vector<int> order = columns_from_left();
    if (order.size() < columns_.size()) return;
    std::vector<double> x(columns_.size()), wanted(columns_.size()), weight(columns_.size());
    const auto place = [&] {
      for (std::size_t c = 0; c < columns_.size(); ++c)
        for (const int i : columns_[c]) items_[i].x = x[c];
    };
    for (std::size_t i = 0; i < items_.size(); ++i) x[column_[i]] += items_[i].x / static_cast<double>(columns_[column_[i]].size());
    for (int sweep = 0; sweep < 200; ++sweep) {
      place();
      for (std::size_t c = 0; c < columns_.size(); ++c) wish(c, wanted[c], weight[c]);
      if (sweep < 150)
        for (std::size_t c = 0; c < columns_.size(); ++c) x[c] += 0.3 * (wanted[c] - x[c]);
      for (int again = 0; again < 4; ++again)
        for (const auto& [pair, gap] : distances_) {
          const auto [left, right] = pair;
          const double missing = gap - (x[right] - x[left]);
          if (missing <= 0) continue;
          const double share = weight[right] / (weight[left] + weight[right]);
          x[left] -= missing * share;
          x[right] += missing * (1 - share);
        }
    }
    for (const int left : order)
      for (auto d = distances_.lower_bound({left, 0}); d != distances_.end() && d->first.first == left; ++d)
        x[d->first.second] = std::max(x[d->first.second], x[left] + d->second);
    place();
  }

  void place_rank(const std::vector<int>& rank, const std::vector<double>& column_wanted, const std::vector<double>& column_weight) {
    std::vector<double> wanted, weight, gaps;
    for (std::size_t i = 0; i < rank.size(); ++i) {
      wanted.push_back(column_wanted[column_[rank[i]]]);
      weight.push_back(column_weight[column_[rank[i]]]);
      if (i > 0) gaps.push_back(distance(rank[i - 1], rank[i]));
    }
    const std::vector<double> x = spread(wanted, weight, gaps);
    for (std::size_t i = 0; i < rank.size(); ++i) items_[rank[i]].x = x[i];
  }

  int edges_below(std::size_t r) const {
    int count = 0;
    for (const int i : ranks_[r]) count += static_cast<int>(items_[i].below.size());
    return count;
  }

  // Where each edge arrives, from the middle of its box: edges that arrive at one box stand beside each other, in the order
  // in which they come.
  std::vector<double> end_ports() const {
    std::vector<double> ports(edges_.size(), 0);
    std::vector<std::vector<std::size_t>> arriving(boxes_.size());
    for (std::size_t e = 0; e < edges_.size(); ++e) arriving[edges_[e].to].push_back(e);
    const auto comes_from = [&](std::size_t e) { return items_[passages_[e].empty() ? edges_[e].from : passages_[e].back()].x; };
    for (std::size_t b = 0; b < boxes_.size(); ++b) {
      auto& list = arriving[b];
      std::stable_sort(list.begin(), list.end(), [&](std::size_t a, std::size_t c) { return comes_from(a) < comes_from(c); });
      const double step = std::min(between_ports, boxes_[b].width / static_cast<double>(list.size() + 1));
      for (std::size_t i = 0; i < list.size(); ++i) ports[list[i]] = step * (static_cast<double>(i) - static_cast<double>(list.size() - 1) / 2);
    }
    return ports;
  }

  const std::vector<GraphBox>& boxes_;
  const std::vector<GraphEdge>& edges_;
  std::vector<Item> items_;                 // boxes first
  std::vector<std::vector<int>> ranks_;     // items from left to right
  std::vector<std::vector<int>> passages_;  // of each edge
  std::vector<int> column_;                 // of each item
  std::vector<std::vector<int>> columns_;   // their items
  std::map<std::pair<int, int>, double> distances_;  // between the middles of columns that stand beside each other
};

}  // namespace

GraphLayout lay_out(const std::vector<GraphBox>& boxes, const std::vector<GraphEdge>& edges) { return Layering(boxes, edges).layout(); }

}  // namespace strata
